#!/usr/bin/env python3
"""make-classes.py FOLDER… > classes.tsv: what tshark takes the payload of each flow for, bytes by protocol.

As `tshark -z io,phs` counts: the first layer above TCP or UDP of each packet. Payload that tshark itself leaves without
a name (`data`, segments of a longer message) is left out, and so are fragments of datagrams and the inside of ICMP.
"""
import collections
import os
import subprocess
import sys

FIELDS = """frame.protocols ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport udp.srcport udp.dstport tcp.len
udp.length ip.flags.mf""".split()


def last(layers, names):
    return max((i for i, name in enumerate(layers) if name in names), default=None)


for folder in sys.argv[1:]:
    for name in sorted(os.listdir(folder)):
        command = ["tshark", "-n", "-r", os.path.join(folder, name), "-T", "fields", "-E", "occurrence=l"]
        out = subprocess.run(command + [x for f in FIELDS for x in ("-e", f)], capture_output=True).stdout
        sums = collections.Counter()
        for line in out.decode(errors="replace").splitlines():
            values = line.split("\t")
            if len(values) < len(FIELDS):
                continue
            protocols, s4, d4, s6, d6, ts, td, us, ud, tlen, ulen, mf = values
            layers = protocols.split(":")
            transport = last(layers, ("tcp", "udp"))
            if transport is None or "icmp" in layers or "icmpv6" in layers or mf in ("1", "True"):
                continue
            ip = last(layers[:transport], ("ip", "ipv6"))
            above = [x for x in layers[transport + 1:] if not x.startswith("_ws")]
            if ip is None or not above or above[0] == "data":
                continue
            tcp = layers[transport] == "tcp"
            size = int(tlen or 0) if tcp else max(0, int(ulen or 8) - 8)
            ends = (s4, d4) if layers[ip] == "ip" else (s6, d6)
            ports = (ts, td) if tcp else (us, ud)
            flow = " ".join(sorted(f"{a},{p}" for a, p in zip(ends, ports)))
            if size:
                sums[layers[transport], flow, above[0]] += size
        for (transport, flow, above), size in sorted(sums.items()):
            print(name, transport, flow, above, size, sep="\t")
