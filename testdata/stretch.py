#!/usr/bin/env python3
"""stretch.py FACTOR IN OUT: makes the time between the packets of a classic pcap, or the lines of a log, so many
times as long; the first keeps its time. Knows the stamps of rsyslog (RFC 3339), Apache and pino."""
import datetime, re, struct, sys

factor, source, target = int(sys.argv[1]), sys.argv[2], sys.argv[3]
data = open(source, "rb").read()

def rfc3339(text): return datetime.datetime.fromisoformat(text)
def apache(text): return datetime.datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z")
FORMS = [
    (re.compile(r"^\S+T\S+(?= )"), rfc3339, lambda t: t.isoformat()),
    (re.compile(r"(?<=\[)\d+/\w+/\d+:[\d:]+ [+-]\d+"), apache, lambda t: t.strftime("%d/%b/%Y:%H:%M:%S %z")),
    (re.compile(r'(?<="time": )\d+'), lambda s: datetime.datetime.fromtimestamp(int(s) / 1000, datetime.timezone.utc),
     lambda t: str(int(t.timestamp() * 1000))),
]
if data[:4] == b"\xd4\xc3\xb2\xa1":
    out, at, first = bytearray(data[:24]), 24, None
    while at + 16 <= len(data):
        seconds, micros, kept, size = struct.unpack_from("<IIII", data, at)
        now = seconds * 10**6 + micros
        first = now if first is None else first
        later = first + (now - first) * factor
        out += struct.pack("<IIII", later // 10**6, later % 10**6, kept, size) + data[at + 16:at + 16 + kept]
        at += 16 + kept
    open(target, "wb").write(out)
else:
    first, lines = None, []
    for line in data.decode().splitlines():
        for form, read, write in FORMS:
            if found := form.search(line):
                now = read(found[0])
                first = now if first is None else first
                line = line[:found.start()] + write(first + (now - first) * factor) + line[found.end():]
                break
        lines.append(line)
    open(target, "w").write("\n".join(lines) + "\n")
