#!/usr/bin/env python3
"""pack.py DIR: makes geo.bin and countries.tsv from openly licensed data (see NOTICE).

DIR holds the unpacked npm packages @ip-location-db/geo-whois-asn-country (as country/),
@ip-location-db/asn (as asn/), i18n-iso-countries (as iso/), countries-list (as names/) and
world-atlas (as atlas/). Needs python3 and the zstd command; same inputs, same bytes.

geo.bin: magic "NLGEO2\\n", one line with the data's date, then four zstd frames, each after its length
(u32 LE): places of v4, places of v6, country codes, AS table. A row of places reaches to the next one. The bytes of a
frame of places stand column by column, those of lower value first:
    value (4), gap (4 for v4, 8 for v6)
where gap = start - start of the row before, and a value is one more than the index into the AS table (lower three bytes)
and one more than that into the country codes (the highest byte), 0 where there is none. Codes have two letters
each; the AS table has number deltas as varints, then names, one a line. IPv6 is kept to its upper 64 bits: nothing is
announced in smaller pieces.
"""
import csv, ipaddress, json, math, struct, subprocess, sys

def varint(n):
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)

def table(path, shift, value):
    merged = []
    for row in csv.reader(open(path, encoding="utf-8")):
        start = int(ipaddress.ip_address(row[0])) >> shift
        end = int(ipaddress.ip_address(row[1])) >> shift
        v = value(row)
        if merged and start <= merged[-1][1]:
            start = merged[-1][1] + 1  # two pieces of one /64: the first one wins
            if start > end:
                continue
        if merged and merged[-1][1] + 1 == start and merged[-1][2] == v:
            merged[-1][1] = end
        else:
            merged.append([start, end, v])
    return merged

def places(width, countries, networks):
    """Two lists of ranges as one of places."""
    starts = sorted({bound for first, last, _ in countries + networks for bound in (first, last + 1)})
    countries, networks = iter(countries), iter(networks)
    nowhere = (0, -1, -1)
    country, network, rows = nowhere, nowhere, []
    for start in starts:
        while country and country[1] < start:
            country = next(countries, None)
        while network and network[1] < start:
            network = next(networks, None)
        of = lambda found: found[2] + 1 if found and found[0] <= start else 0
        assert of(country) < 1 << 8 and of(network) < 1 << 24
        value = of(network) | of(country) << 24
        # Behind the last address there is nothing.
        if (not rows or rows[-1][1] != value) and start < 1 << 8 * width:
            rows.append((start, value))
    gaps = [start - before for (start, _), (before, _) in zip(rows, [(0, 0)] + rows)]
    columns = [bytes(value >> 8 * k & 255 for _, value in rows) for k in range(4)]
    columns += [bytes(gap >> 8 * k & 255 for gap in gaps) for k in range(width)]
    return b"".join(columns)

def unwrapped(ring):
    """Longitudes go on beyond 180 degrees where the ring crosses the antimeridian."""
    out, turn = [], 0
    for i, (x, y) in enumerate(ring):
        if i and abs(x - ring[i - 1][0]) > 180:
            turn += 360 if x < ring[i - 1][0] else -360
        out.append((x + turn, y))
    return out

def ring_area_centroid(ring):
    ring = unwrapped(ring)
    a = cx = cy = 0.0
    for (x0, y0), (x1, y1) in zip(ring, ring[1:]):
        w = x0 * y1 - x1 * y0
        a += w; cx += (x0 + x1) * w; cy += (y0 + y1) * w
    if abs(a) < 1e-9:
        return 0.0, ring[0]
    return abs(a) / 2, ((cx / (3 * a) + 180) % 360 - 180, cy / (3 * a))

def centroids(path):
    """Centre of each country's largest polygon, by ISO 3166-1 numeric code."""
    topo = json.load(open(path))
    sx, sy = topo["transform"]["scale"]; tx, ty = topo["transform"]["translate"]
    arcs = []
    for arc in topo["arcs"]:
        x = y = 0; points = []
        for dx, dy in arc:
            x += dx; y += dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    out = {}
    for g in topo["objects"]["countries"]["geometries"]:
        polygons = g["arcs"] if g["type"] == "MultiPolygon" else [g["arcs"]]
        best = (-1.0, None)
        for polygon in polygons:
            ring = []
            for i in polygon[0]:
                part = arcs[i] if i >= 0 else arcs[~i][::-1]
                ring += part if not ring else part[1:]
            best = max(best, ring_area_centroid(ring))
        if "id" in g:
            out[g["id"]] = best[1]
    return out

# Territories that the atlas draws as part of another country, or without a code: their largest town.
SMALL = {"AQ": (-80.0, 0.0), "GF": (4.9, -52.3), "GP": (16.2, -61.5), "MQ": (14.6, -61.0), "RE": (-21.1, 55.5), "YT": (-12.8, 45.2),
         "BQ": (12.2, -68.3), "SJ": (78.2, 15.6), "TK": (-9.2, -171.8), "CX": (-10.4, 105.7), "CC": (-12.1, 96.8),
         "GI": (36.1, -5.4), "TV": (-8.5, 179.2), "BV": (-54.4, 3.4), "UM": (19.3, 166.6), "AC": (-7.9, -14.4), "TA": (-37.1, -12.3), "XK": (42.6, 20.9)}

# Codes that the registries still carry for countries that are no more.
RETIRED = {"AN": "CW"}

def countries(root):
    names = json.load(open(f"{root}/names/countries.min.json"))
    numeric = {row[0]: row[2] for row in json.load(open(f"{root}/iso/codes.json"))}
    centre = centroids(f"{root}/atlas/countries-10m.json")
    rows = []
    for code, entry in sorted(names.items()):
        lat, lon = SMALL.get(code) or tuple(reversed(centre[numeric[code]]))
        rows.append((code, numeric.get(code, ""), entry["continent"], f"{lat:.2f}", f"{lon:.2f}", entry["name"]))
    return rows

def main(root):
    rows = countries(root)
    with open("countries.tsv", "w", encoding="utf-8") as f:
        f.write("# ISO 3166-1 code, numeric, continent, latitude, longitude, English name\n")
        f.writelines("\t".join(r) + "\n" for r in rows)
    codes, names = {}, {}
    for family in ("ipv4", "ipv6"):
        for row in csv.reader(open(f"{root}/country/geo-whois-asn-country-{family}.csv")):
            codes.setdefault(RETIRED.get(row[2], row[2]), None)
        for row in csv.reader(open(f"{root}/asn/asn-{family}.csv", encoding="utf-8")):
            names.setdefault(int(row[2]), " ".join(row[3].split()))
    codes = {c: i for i, c in enumerate(sorted(codes))}
    index = {n: i for i, n in enumerate(sorted(names))}
    numbers, previous = bytearray(), 0
    for n in sorted(names):
        numbers += varint(n - previous)
        previous = n
    as_table = varint(len(names)) + bytes(numbers) + "\n".join(names[n] for n in sorted(names)).encode()
    country = lambda row: codes[RETIRED.get(row[2], row[2])]
    asn = lambda row: index[int(row[2])]
    frames = [places(4, table(f"{root}/country/geo-whois-asn-country-ipv4.csv", 0, country),
                     table(f"{root}/asn/asn-ipv4.csv", 0, asn)),
              places(8, table(f"{root}/country/geo-whois-asn-country-ipv6.csv", 64, country),
                     table(f"{root}/asn/asn-ipv6.csv", 64, asn)),
              "".join(codes).encode(), as_table]
    version = json.load(open(f"{root}/asn/package.json"))["version"].split(".")[-1]
    with open("geo.bin", "wb") as f:
        f.write(b"NLGEO2\n" + f"{version[:4]}-{version[4:6]}-{version[6:8]}\n".encode())
        for frame in frames:
            packed = subprocess.run(["zstd", "--ultra", "-22", "-c", "--no-check"], input=frame,
                                    capture_output=True, check=True).stdout
            print(len(frame), len(packed))
            f.write(struct.pack("<I", len(packed)) + packed)

main(sys.argv[1])
