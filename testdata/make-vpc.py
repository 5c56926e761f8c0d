#!/usr/bin/env python3
"""make-vpc.py < EVENTS > LOG: what a cloud's flow log (VPC, version 2, default fields) would have said of the
flows of a capture. Connections that were refused or stayed half open are REJECT, all others ACCEPT; the
flows of one minute between the same ports are one record, as the cloud's are.

    netlog events testdata/report/attacks/capture.pcap.zst | testdata/make-vpc.py > testdata/report/vpc/flow.log
"""
import json
import sys
from datetime import datetime

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}
INTERFACES = {"10.77.0.10": "eni-0a1b2c3d4e5f60718", "10.77.0.20": "eni-0192837465aabbccd"}


def seconds(text):
    return int(datetime.fromisoformat(text[:19] + "+00:00").timestamp())


def main():
    records = {}
    for line in sys.stdin:
        event = json.loads(line)
        if event["event"]["dataset"] != "flow" or event["network"].get("transport") not in PROTOCOLS:
            continue
        source, destination = event["source"], event["destination"]
        begin, end = seconds(event["event"]["start"]), seconds(event["event"]["end"])
        state = event["netlog"].get("flow", {}).get("state")
        action = "REJECT" if state in ("refused", "half_open", "midstream") else "ACCEPT"
        protocol = PROTOCOLS[event["network"]["transport"]]
        directions = [(source, destination)]
        if action == "ACCEPT" and destination.get("packets"):
            directions.append((destination, source))
        for a, b in directions:
            eni = INTERFACES.get(a["ip"]) or INTERFACES.get(b["ip"], "eni-00000000000000000")
            key = (begin - begin % 60, eni, a["ip"], b["ip"], a.get("port", 0), b.get("port", 0), protocol, action)
            packets, size, first, last = records.get(key, (0, 0, begin, end))
            packets, size = packets + a.get("packets", 1), size + a.get("bytes", 40)
            records[key] = (packets, size, min(first, begin), max(last, end))
    print("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status")
    kept = {}
    for key, (packets, size, first, last) in sorted(records.items()):
        minute, eni, a, b, sport, dport, protocol, action = key
        # A flood from made-up addresses fills a log: the first forty will do.
        if action == "REJECT" and dport == 80:
            kept[dport] = kept.get(dport, 0) + 1
            if kept[dport] > 40:
                continue
        print(2, "123456789010", eni, a, b, sport, dport, protocol, packets, size, first, max(last, first + 1), action, "OK")


main()
