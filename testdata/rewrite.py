#!/usr/bin/env python3
"""rewrite.py MAP IN OUT: gives addresses of a test network other ones, in a log or in a classic pcap of
Ethernet frames. MAP has two columns, old and new IPv4 address. In a capture the IPv4 and transport
headers are changed and their checksums computed anew; addresses inside payloads of DNS answers are
changed too, other payloads are left alone."""
import re, struct, sys

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def packet(frame, table):
    if len(frame) < 34 or frame[12:14] not in (b"\x08\x00", b"\x08\x06"):
        return frame
    if frame[12:14] == b"\x08\x06":
        for old, new in table:
            frame = frame.replace(old, new)
        return frame
    ip = bytearray(frame[14:])
    head, total = (ip[0] & 15) * 4, struct.unpack("!H", ip[2:4])[0]
    body = bytearray(ip[head:total])
    names = dict(table)
    for at in (12, 16):
        ip[at:at + 4] = names.get(bytes(ip[at:at + 4]), ip[at:at + 4])
    if ip[9] == 17 and 53 in struct.unpack("!HH", body[:4]):
        for old, new in table:
            body = bytearray(bytes(body).replace(old, new))
    ip[10:12] = b"\0\0"
    ip[10:12] = struct.pack("!H", checksum(bytes(ip[:head])))
    place = {6: 16, 17: 6}.get(ip[9])
    if place is not None and struct.unpack("!H", ip[6:8])[0] & 0x3fff == 0:
        body[place:place + 2] = b"\0\0"
        pseudo = bytes(ip[12:20]) + struct.pack("!BBH", 0, ip[9], len(body))
        body[place:place + 2] = struct.pack("!H", checksum(pseudo + bytes(body)) or 0xffff)
    return frame[:14] + bytes(ip[:head]) + bytes(body) + frame[14 + total:]

def capture(data, table):
    out, at = [data[:24]], 24
    while at + 16 <= len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        out += [data[at:at + 16], packet(data[at + 16:at + 16 + size], table)]
        at += 16 + size
    return b"".join(out)

def main(mapping, source, target):
    rows = [line.split() for line in open(mapping) if line.strip() and not line.startswith("#")]
    data = open(source, "rb").read()
    if data[:4] == b"\xd4\xc3\xb2\xa1":
        pack = lambda a: bytes(int(x) for x in a.split("."))
        data = capture(data, [(pack(old), pack(new)) for old, new in rows])
    else:
        for old, new in rows:
            data = re.sub(rb"(?<![\d.])" + re.escape(old.encode()) + rb"(?![\d])", new.encode(), data)
    open(target, "wb").write(data)

main(*sys.argv[1:])
