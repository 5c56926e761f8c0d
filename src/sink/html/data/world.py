#!/usr/bin/env python3
"""Packs country outlines for the map of the HTML report.

usage: world.py countries-50m.json ../../../enrich/data/countries.tsv > world.tsv

countries-50m.json   of world-atlas (TopoJSON of Natural Earth, public domain)
countries.tsv        alpha-2 code, numeric code, continent, latitude, longitude, name

One line per country: alpha-2 code, tab, SVG path in the map's units; for countries without a visible
outline the path is empty and a dot's place follows: code, tab, tab, x, space, y. The projection is
Equal Earth (Savric, Patterson, Jenny 2018), the same as in map.rs. Borders are simplified arc by
arc, so that neighbours still meet.
"""
import json
import math
import sys

WIDTH = 2000
TOLERANCE = 0.8
SMALLEST = 5.0
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
M = math.sqrt(3) / 2


def project(lon, lat):
    """Map units; x grows to the east from 0 to WIDTH, y to the south from 0 at 84 degrees north."""
    def raw(lon, lat):
        t = math.asin(M * math.sin(math.radians(lat)))
        t2 = t * t
        t6 = t2 ** 3
        x = math.radians(lon) * math.cos(t) / (M * (A1 + 3 * A2 * t2 + t6 * (7 * A3 + 9 * A4 * t2)))
        return x, t * (A1 + A2 * t2 + t6 * (A3 + A4 * t2))
    edge = raw(180, 0)[0]
    scale = WIDTH / 2 / edge
    x, y = raw(lon, lat)
    return (x + edge) * scale, (raw(0, 84)[1] - y) * scale


def simplify(points):
    """Douglas and Peucker (1973), in map units."""
    if len(points) < 3:
        return points
    keep = [False] * len(points)
    keep[0] = keep[-1] = True
    stack = [(0, len(points) - 1)]
    if points[0] == points[-1]:
        far = max(range(len(points)), key=lambda i: math.dist(points[0], points[i]))
        keep[far] = True
        stack = [(0, far), (far, len(points) - 1)]
    while stack:
        a, b = stack.pop()
        (ax, ay), (bx, by) = points[a], points[b]
        length = math.hypot(bx - ax, by - ay) or 1e-9
        worst, at = 0.0, None
        for i in range(a + 1, b):
            px, py = points[i]
            away = abs((bx - ax) * (ay - py) - (ax - px) * (by - ay)) / length
            if away > worst:
                worst, at = away, i
        if at is not None and worst > TOLERANCE:
            keep[at] = True
            stack += [(a, at), (at, b)]
    return [p for p, k in zip(points, keep) if k]


def unwrapped(places):
    """Longitudes go on beyond 180 degrees where a line crosses the antimeridian: Chukotka stays whole."""
    out, turn = [], 0
    for i, (lon, lat) in enumerate(places):
        if i and abs(lon - places[i - 1][0]) > 180:
            turn += 360 if lon < places[i - 1][0] else -360
        out.append((lon + turn, lat))
    if out and sum(lon for lon, _ in out) / len(out) < -180:
        out = [(lon + 360, lat) for lon, lat in out]
    return out


def area(ring):
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1]))) / 2


def step(dx, dy):
    return f"{dx}{dy}" if dy < 0 else f"{dx} {dy}"


def path(rings):
    out = []
    for ring in rings:
        points = [(round(x), round(y)) for x, y in ring]
        points = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
        if points and points[0] == points[-1]:
            points.pop()
        if len(points) < 3:
            continue
        text = f"M{step(*points[0])}l"
        parts = [step(b[0] - a[0], b[1] - a[1]) for a, b in zip(points, points[1:])]
        text += parts[0] + "".join(p if p[0] == "-" else " " + p for p in parts[1:])
        out.append(text + "z")
    return "".join(out)


def main():
    topology = json.load(open(sys.argv[1]))
    table = [line.rstrip("\n").split("\t") for line in open(sys.argv[2], encoding="utf-8") if line[0] != "#"]
    alpha = {int(row[1]): row[0] for row in table if row[1]}
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
        places = unwrapped(points)
        kept = set(simplify([project(*place) for place in places]))
        arcs.append([place for place in places if project(*place) in kept])

    def ring(indices):
        points = []
        for index in indices:
            arc = arcs[index] if index >= 0 else arcs[~index][::-1]
            points += arc if not points else arc[1:]
        return [project(*place) for place in unwrapped(points)]

    drawn = {}
    for country in topology["objects"]["countries"]["geometries"]:
        code = alpha.get(int(country.get("id") or 0))
        if code is None and country["properties"]["name"] == "Kosovo":
            code = "XK"
        if code is None or code == "AQ":
            continue
        shapes = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        rings = [ring(r) for shape in shapes for r in shape]
        rings = [r for r in rings if area(r) >= SMALLEST]
        drawn[code] = drawn.get(code, "") + path(rings)
    for code, _, _, lat, lon, _ in table:
        if not lat or code == "AQ":
            continue
        x, y = project(float(lon), float(lat))
        small = not drawn.get(code)
        print(f"{code}\t{drawn.get(code, '')}" + (f"\t{x:.0f} {y:.0f}" if small else ""))


main()
