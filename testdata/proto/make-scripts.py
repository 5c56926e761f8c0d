#!/usr/bin/env python3
"""Writes the scripts of binary protocols under testdata/proto: messages put together from the
specifications' own grammar, so that no capture of anybody is needed. Run: python3 make-scripts.py"""
import os, struct, base64

HERE = os.path.dirname(os.path.abspath(__file__))


def script(protocol, name, head, about, turns):
    os.makedirs(os.path.join(HERE, protocol), exist_ok=True)
    with open(os.path.join(HERE, protocol, name + ".txt"), "w") as f:
        f.write("# %s; written by make-scripts.py\n%s\n" % (about, head))
        for who, data in turns:
            f.write("%s %s\n" % (who, data.hex(" ")))


# XDR (RFC 4506) and ONC RPC (RFC 5531 §9): MOUNT (RFC 1813 Appendix I), port mapper (RFC 1833)
def xdr(*parts):
    out = b""
    for p in parts:
        if isinstance(p, str):
            p = p.encode()
            out += struct.pack(">I", len(p)) + p + b"\0" * (-len(p) % 4)
        else:
            out += p if isinstance(p, bytes) else struct.pack(">I", p)
    return out


def rpc_call(xid, program, version, procedure, *arguments):
    cred = xdr(7, "pc", 1000, 100, 1, 100)
    return xdr(xid, 0, 2, program, version, procedure, 1, len(cred)) + cred + xdr(0, 0, *arguments)


def rpc_reply(xid, *results, accepted=0):
    return xdr(xid, 1, 0, 0, 0, accepted, *results)


def record(b):
    return struct.pack(">I", len(b) | 1 << 31) + b


script("mount", "v3", "tcp 20048", "MOUNT 3 over TCP: exports, a mount, one that is refused, what is mounted, given back, one without an answer", [
    (">", record(rpc_call(1, 100005, 3, 5))),
    ("<", record(rpc_reply(1, 1, "/srv", 1, "10.0.0.0/8", 1, "trusted", 0, 1, "/pub", 0, 0))),
    (">", record(rpc_call(2, 100005, 3, 1, "/srv/papers"))),
    ("<", record(rpc_reply(2, 0, "handle--", 2, 1, 6))),
    (">", record(rpc_call(3, 100005, 3, 1, "/root"))),
    ("<", record(rpc_reply(3, 13))),
    (">", record(rpc_call(4, 100005, 3, 2))),
    ("<", record(rpc_reply(4, 1, "pc", "/srv/papers", 0))),
    (">", record(rpc_call(5, 100005, 3, 3, "/srv/papers"))),
    ("<", record(rpc_reply(5))),
    (">", record(rpc_call(6, 100005, 3, 0))),
])
script("mount", "v1", "udp 635", "MOUNT 1 over UDP: a mount, and a version the server does not have", [
    (">", rpc_call(1, 100005, 1, 1, "/home")),
    ("<", rpc_reply(1, 0, b"h" * 32)),
    (">", rpc_call(2, 100005, 2, 7, "/home")),
    ("<", rpc_reply(2, 1, 1, accepted=2)),
])
script("portmap", "v2", "udp 111", "port mapper 2: where mountd is, what is not there, the list, a registration", [
    (">", rpc_call(1, 100000, 2, 3, 100005, 3, 17, 0)),
    ("<", rpc_reply(1, 20048)),
    (">", rpc_call(2, 100000, 2, 3, 100021, 4, 6, 0)),
    ("<", rpc_reply(2, 0)),
    (">", rpc_call(3, 100000, 2, 4)),
    ("<", rpc_reply(3, 1, 100003, 3, 6, 2049, 1, 390109, 2, 17, 800, 0)),
    (">", rpc_call(4, 100000, 2, 1, 100024, 1, 6, 875)),
    ("<", rpc_reply(4, 1)),
])
script("portmap", "v4", "tcp 111", "rpcbind 4: where NFS is, what is not there, the list, a call to be passed on", [
    (">", record(rpc_call(1, 100000, 4, 3, 100003, 4, "tcp", "", ""))),
    ("<", record(rpc_reply(1, "10.0.0.1.8.1"))),
    (">", record(rpc_call(2, 100000, 3, 3, 100068, 2, "udp", "", ""))),
    ("<", record(rpc_reply(2, ""))),
    (">", record(rpc_call(3, 100000, 4, 4))),
    ("<", record(rpc_reply(3, 1, 100000, 4, "tcp6", "::.0.111", "superuser", 0))),
    (">", record(rpc_call(4, 100000, 4, 5, 100227, 3, 0, ""))),
])


# BER (X.690)
def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else b"\x82" + struct.pack(">H", n)
    return bytes([tag]) + length + body


def num(n, tag=2):
    return tlv(tag, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True))


def text(s, tag=4):
    return tlv(tag, s if isinstance(s, bytes) else s.encode())


def oid(dotted):
    a = [int(x) for x in dotted.split(".")]
    out = bytes([a[0] * 40 + a[1]])
    for n in a[2:]:
        part = [n & 127]
        while n > 127:
            n >>= 7
            part.insert(0, n & 127 | 128)
        out += bytes(part)
    return tlv(6, out)


def seq(*parts):
    return tlv(0x30, *parts)


# SNMP (RFC 1157, 3416, 3412)
def pdu(tag, ident, pairs, status=0, index=0):
    return tlv(tag, num(ident), num(status), num(index), seq(*[seq(oid(o), v) for o, v in pairs]))


def snmp(version, community, body):
    return seq(num(version), text(community), body)


NULL = b"\x05\x00"
SYS = "1.3.6.1.2.1.1.1.0"


def v3(ident, flags, engine, user, scoped):
    security = seq(text(engine), num(1), num(2), text(user), text(b""), text(b""))
    return seq(num(3), seq(num(ident), num(65507), text(bytes([flags])), num(3)), text(security), scoped)


script("snmp", "v2c", "udp 1161", "get, a set that is refused, a bulk request unanswered", [
    (">", snmp(1, "public", pdu(0xa0, 1, [(SYS, NULL)]))),
    ("<", snmp(1, "public", pdu(0xa2, 1, [(SYS, text("Linux"))]))),
    (">", snmp(1, "s3cret", pdu(0xa3, 2, [("1.3.6.1.2.1.1.5.0", text("x"))]))),
    (">", snmp(1, "s3cret", pdu(0xa3, 2, [("1.3.6.1.2.1.1.5.0", text("x"))]))),
    ("<", snmp(1, "s3cret", pdu(0xa2, 2, [("1.3.6.1.2.1.1.5.0", text("x"))], 17, 1))),
    (">", snmp(1, "public", pdu(0xa5, 3, [(SYS, NULL)], 0, 10))),
])
script("snmp", "trap", "udp 162", "a trap of version 1", [
    (">", snmp(0, "public", tlv(0xa4, oid("1.3.6.1.4.1.8072"), tlv(0x40, bytes([192, 0, 2, 1])), num(4), num(0),
                                num(5, 0x43), seq(seq(oid(SYS), num(7)))))),
])
ENGINE = bytes.fromhex("80001f8880")
script("snmp", "v3", "udp 161", "engine discovery with its report, an encrypted request", [
    (">", v3(9, 4, b"", "", seq(text(b""), text(b""), pdu(0xa0, 9, [])))),
    ("<", v3(9, 0, ENGINE, "", seq(text(ENGINE), text(b""), pdu(0xa8, 9, [("1.3.6.1.6.3.15.1.1.4.0", num(1, 0x41))])))),
    (">", v3(10, 7, ENGINE, "admin", text(b"\x99" * 40))),
    ("<", v3(10, 3, ENGINE, "admin", text(b"\x77" * 50))),
])


# Kerberos (RFC 4120 §5)
def ctx(n, *parts):
    return tlv(0xa0 + n, *parts)


def name(kind, *parts):
    return seq(ctx(0, num(kind)), ctx(1, seq(*[text(p, 0x1b) for p in parts])))


def kdc_req(kind, client, service, etypes, padata):
    pa = ctx(3, seq(*[seq(ctx(1, num(t)), ctx(2, text(v))) for t, v in padata])) if padata else b""
    body = [ctx(0, tlv(3, b"\0\x40\x81\0\x10"))]
    if client:
        body.append(ctx(1, name(1, client)))
    body += [ctx(2, text("EXAMPLE.ORG", 0x1b)), ctx(3, name(2, *service)), ctx(5, text("20370913024805Z", 0x18)),
             ctx(7, num(12345)), ctx(8, seq(*[num(e) for e in etypes]))]
    return tlv(0x60 + kind, seq(ctx(1, num(5)), ctx(2, num(kind)), pa, ctx(4, seq(*body))))


def enc(etype):
    return seq(ctx(0, num(etype)), ctx(2, text(b"\x11" * 60)))


def kdc_rep(kind, client, service, etype):
    ticket = tlv(0x61, seq(ctx(0, num(5)), ctx(1, text("EXAMPLE.ORG", 0x1b)), ctx(2, name(2, *service)), ctx(3, enc(etype))))
    return tlv(0x60 + kind, seq(ctx(0, num(5)), ctx(1, num(kind)), ctx(3, text("EXAMPLE.ORG", 0x1b)),
                                ctx(4, name(1, client)), ctx(5, ticket), ctx(6, enc(18))))


def krb_error(code, service):
    return tlv(0x7e, seq(ctx(0, num(5)), ctx(1, num(30)), ctx(4, text("20240101000000Z", 0x18)), ctx(5, num(1)),
                         ctx(6, num(code)), ctx(9, text("EXAMPLE.ORG", 0x1b)), ctx(10, name(2, *service))))


def framed(b):
    return struct.pack(">I", len(b)) + b


KRBTGT = ("krbtgt", "EXAMPLE.ORG")
script("kerberos", "udp", "udp 88", "asked back, refused, unknown client", [
    (">", kdc_req(10, "alice", KRBTGT, [18, 17, 23], [])),
    ("<", krb_error(25, KRBTGT)),
    (">", kdc_req(10, "alice", KRBTGT, [18, 17, 23], [(2, b"x" * 50)])),
    ("<", krb_error(24, KRBTGT)),
    (">", kdc_req(10, "mallory", KRBTGT, [23], [])),
])
script("kerberos", "tcp", "tcp 1088", "a first ticket, one for a service with RC4, one refused", [
    (">", framed(kdc_req(10, "alice", KRBTGT, [18], [(2, b"x" * 50)]))),
    ("<", framed(kdc_rep(11, "alice", KRBTGT, 18))),
    (">", framed(kdc_req(12, None, ("cifs", "files.example.org"), [23, 18], [(1, b"y" * 300)]))),
    ("<", framed(kdc_rep(13, "alice", ("cifs", "files.example.org"), 23))),
    (">", framed(kdc_req(12, None, ("http", "nowhere"), [18], [(1, b"y" * 30)]))),
    ("<", framed(krb_error(7, ("http", "nowhere")))),
])


# LDAP (RFC 4511)
def ldap(ident, op):
    return seq(num(ident), op)


def enum(n):
    return tlv(0x0a, bytes([n]))


def result(tag, code, message="", *more):
    return tlv(tag, enum(code), text(""), text(message), *more)


def search(base, flt, *attributes):
    return tlv(0x63, text(base), enum(2), enum(0), num(0), num(0), tlv(1, b"\0"), flt, seq(*[text(a) for a in attributes]))


BOTH = tlv(0xa0, tlv(0xa3, text("objectClass"), text("user")), tlv(0x87, b"servicePrincipalName"))
script("ldap", "session", "tcp 1389", "a refused bind, one that works, a search, StartTLS", [
    (">", ldap(1, tlv(0x60, num(3), text("cn=admin,dc=example"), tlv(0x80, b"wrong")))),
    ("<", ldap(1, result(0x61, 49, "80090308: LdapErr, data 52e"))),
    (">", ldap(2, tlv(0x60, num(3), text("cn=admin,dc=example"), tlv(0x80, b"secret")))),
    ("<", ldap(2, result(0x61, 0))),
    (">", ldap(3, search("dc=example", BOTH, "cn", "memberOf"))),
    ("<", ldap(3, tlv(0x64, text("cn=sql,dc=example"), seq())) + ldap(3, tlv(0x64, text("cn=web,dc=example"), seq()))),
    ("<", ldap(3, result(0x65, 4))),
    (">", ldap(4, tlv(0x4a, b"cn=web,dc=example")) + ldap(5, tlv(0x68, text("cn=new,dc=example"), seq()))),
    ("<", ldap(5, result(0x69, 50, "no")) + ldap(4, result(0x6b, 0))),
    (">", ldap(6, tlv(0x77, tlv(0x80, b"1.3.6.1.4.1.1466.20037")))),
    ("<", ldap(6, result(0x78, 0))),
])
script("ldap", "sealed", "tcp 389", "a SASL bind after which messages are sealed; an unbind", [
    (">", ldap(1, tlv(0x60, num(3), text(""), tlv(0xa3, text("GSSAPI"), text(b"\x60\x10" + b"x" * 16))))),
    ("<", ldap(1, result(0x61, 14, "", tlv(0x87, b"yy")))),
    (">", ldap(2, tlv(0x60, num(3), text(""), tlv(0xa3, text("GSSAPI"), text(b"z"))))),
    ("<", ldap(2, result(0x61, 0))),
    (">", b"\0\0\0\x08sealedxx"),
])
script("ldap", "cldap", "udp 389", "a locator's ping", [
    (">", ldap(7, search("", tlv(0xa3, text("DnsDomain"), text("example.org")), "Netlogon"))),
    ("<", ldap(7, tlv(0x64, text(""), seq())) ),
])


# SMB 2 (MS-SMB2 §2.2) and SMB 1 (MS-CIFS §2.2)
def u16(s):
    return s.encode("utf-16-le")


def nb(b):
    return b"\0" + struct.pack(">I", len(b))[1:] + b


def smb2(command, ident, body, status=0, reply=False, tree=0, session=0, following=0):
    return struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 1, status, command, 1, 1 if reply else 0, following, ident,
                       0xfeff, tree, session, b"") + body


def negotiate3():
    """NTLM AUTHENTICATE (MS-NLMP §2.2.1.3), Unicode."""
    parts = [b"\x01" * 24, b"\x02" * 60, u16("EXAMPLE"), u16("alice"), u16("LAPTOP"), b""]
    head, body = b"NTLMSSP\0" + struct.pack("<I", 3), b""
    for p in parts:
        head += struct.pack("<HHI", len(p), len(p), 64 + len(body))
        body += p
    return head + struct.pack("<I", 1) + body


def challenge():
    info = struct.pack("<HH", 2, 14) + u16("EXAMPLE") + struct.pack("<HH", 3, 10) + u16("files") + b"\0\0\0\0"
    return b"NTLMSSP\0" + struct.pack("<IHHIIQQHHI", 2, 14, 14, 48 + len(info), 1, 0, 0, len(info), len(info), 48) + info + u16("EXAMPLE")


def setup(token):
    return struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(token), 0) + token


def setup_reply(token, flags=0):
    return struct.pack("<HHHH", 9, flags, 72, len(token)) + token


def create(path, disposition=1, access=0x3, options=0):
    p = u16(path)
    return struct.pack("<HBBIQQIIIIIHHII", 57, 0, 0, 2, 0, 0, access, 0, 7, disposition, options, 120, len(p), 0, 0) + p


def create_reply(size, fid, action=1):
    return struct.pack("<HBBI4QQQII16sII", 89, 0, 0, action, 0, 0, 0, 0, size, size, 32, 0, fid, 0, 0)


FID, FID2 = b"A" * 16, b"B" * 16
S = 0x400000000001
share = u16("\\\\files\\data")
TYPE1 = b"NTLMSSP\0" + struct.pack("<II", 1, 1) + b"\0" * 16
new = u16("old.txt")
script("smb", "smb3", "tcp 445", "log-in refused and granted, a share, files read, written, renamed, deleted; one denied", [
    (">", nb(smb2(0, 0, struct.pack("<HHHHI16sQ", 36, 3, 1, 0, 0, b"", 0) + struct.pack("<HHH", 0x202, 0x302, 0x311)))),
    ("<", nb(smb2(0, 0, struct.pack("<HHHH16sIIII", 65, 3, 0x311, 0, b"G" * 16, 0, 1 << 20, 1 << 20, 1 << 20) + b"\0" * 16, reply=True))),
    (">", nb(smb2(1, 1, setup(TYPE1)))),
    ("<", nb(smb2(1, 1, setup_reply(challenge()), 0xc0000016, True, 0, S))),
    (">", nb(smb2(1, 2, setup(negotiate3()), 0, False, 0, S))),
    ("<", nb(smb2(1, 2, setup_reply(b""), 0xc000006d, True, 0, S))),
    (">", nb(smb2(1, 3, setup(negotiate3()), 0, False, 0, S))),
    ("<", nb(smb2(1, 3, setup_reply(b""), 0, True, 0, S))),
    (">", nb(smb2(3, 4, struct.pack("<HHHH", 9, 0, 72, len(share)) + share, 0, False, 0, S))),
    ("<", nb(smb2(3, 4, struct.pack("<HBBIII", 16, 1, 0, 0, 0, 0x1f01ff), 0, True, 5, S))),
    (">", nb(smb2(5, 5, create("dir\\payroll.xlsx"), 0, False, 5, S)) + nb(smb2(5, 6, create("secret.txt"), 0, False, 5, S))),
    ("<", nb(smb2(5, 6, b"\x09\0\0\0\0\0\0\0\0", 0xc0000022, True, 5, S)) + nb(smb2(5, 5, create_reply(4096, FID), 0, True, 5, S))),
    (">", nb(smb2(8, 7, struct.pack("<HBBIQ16sIIIHH", 49, 0, 0, 4096, 0, FID, 0, 0, 0, 0, 0) + b"\0", 0, False, 5, S))),
    ("<", nb(smb2(8, 7, b"\x09\0\0\0\0\0\0\0\0", 0x103, True, 5, S)) + nb(smb2(8, 7, struct.pack("<HBBIII", 17, 80, 0, 4096, 0, 0) + b"d" * 4096, 0, True, 5, S))),
    (">", nb(smb2(9, 8, struct.pack("<HHIQ16sIIHHI", 49, 112, 3, 0, FID, 0, 0, 0, 0, 0) + b"abc", 0, False, 5, S))),
    ("<", nb(smb2(9, 8, struct.pack("<HHIII", 17, 0, 3, 0, 0), 0, True, 5, S))),
    (">", nb(smb2(17, 9, struct.pack("<HBBIHHI16s", 33, 1, 10, 20 + len(new), 96, 0, 0, FID) + struct.pack("<QQI", 0, 0, len(new)) + new, 0, False, 5, S))),
    ("<", nb(smb2(17, 9, struct.pack("<H", 2), 0, True, 5, S))),
    (">", nb(smb2(6, 10, struct.pack("<HHI16s", 24, 0, 0, FID), 0, False, 5, S))),
    ("<", nb(smb2(6, 10, struct.pack("<HHI", 60, 0, 0) + b"\0" * 52, 0, True, 5, S))),
    (">", nb((lambda c: smb2(5, 11, c, 0, False, 5, S, 64 + len(c)))(create("x.tmp\0\0", 2, 0x10000, 0x1000)) +
             smb2(6, 12, struct.pack("<HHI16s", 24, 0, 0, b"\xff" * 16), 0, False, 5, S))),
    ("<", nb(smb2(5, 11, create_reply(0, FID2, 2), 0, True, 5, S)) + nb(smb2(6, 12, struct.pack("<HHI", 60, 0, 0) + b"\0" * 52, 0, True, 5, S))),
    (">", nb(b"\xfdSMB" + b"\x55" * 60)),
])


def smb1(command, ident, words, data, status=0, reply=False, tree=0, user=0):
    return (struct.pack("<4sBIBHH8sHHHHH", b"\xffSMB", command, status, 0x98 if reply else 0x18, 0xc001, 0, b"", 0, tree, 7, user, ident)
            + bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data)


script("smb", "smb1", "tcp 139", "NetBIOS session, negotiation, a log-in of the old form, a share, a file that is not there", [
    (">", b"\x81\0\0\x44\x20" + b"CKFDENECFDEFFCFGEFFCCACACACACACA\0\x20" + b"EMEBFAFEEPFACACACACACACACACACAAA\0"),
    ("<", b"\x82\0\0\0"),
    (">", nb(smb1(0x72, 1, b"", b"\x02NT LM 0.12\0\x02SMB 2.002\0"))),
    ("<", nb(smb1(0x72, 1, b"\0" * 34, b"x" * 8, 0, True))),
    (">", nb(smb1(0x73, 2, struct.pack("<BBHHHHIHHII", 255, 0, 0, 4356, 1, 1, 0, 0, 24, 0, 0)[:26].ljust(26, b"\0"),
                  b"r" * 24 + b"\0" + u16("bob\0EXAMPLE\0Windows\0")))),
    ("<", nb(smb1(0x73, 2, b"\xff\0\0\0\x01\0", b"\0\0", 0, True, 0, 100))),
    (">", nb(smb1(0x75, 3, struct.pack("<BBHHH", 255, 0, 0, 0, 1), b"\0" + u16("\\\\srv\\IPC$\0") + b"?????\0", 0, False, 0, 100))),
    ("<", nb(smb1(0x75, 3, b"\xff\0\0\0\0\0", b"IPC\0", 0, True, 9, 100))),
    (">", nb(smb1(0xa2, 4, b"\0" * 48, b"\0" + u16("\\svcctl\0"), 0, False, 9, 100))),
    ("<", nb(smb1(0xa2, 4, b"", b"", 0xc0000034, True, 9, 100))),
    (">", nb(smb1(0x06, 5, b"\x16\0", b"\x04" + u16("\\a.exe\0"), 0, False, 9, 100))),
])


def opened(fid, size):
    return (b"\xff\0\0\0\0" + struct.pack("<HI", fid, 1) + b"\0" * 32 + struct.pack("<IQQHHB", 0x80, size, size, 0, 7, 0)).ljust(70, b"\0")


def create1(access, disposition, options=0):
    return b"\xff\0\0\0\0\0\0" + struct.pack("<IIIQIIIIIB", 0, 0, access, 0, 0x80, 7, disposition, options, 2, 0)


def trans2(command, parameters, data=b"", setup=True):
    """Words and bytes of a TRANSACTION2; the parameters begin 4-aligned from the header on."""
    count = 15 if setup else 10
    at = (32 + 1 + count * 2 + 2 + 3) // 4 * 4
    pad = at - (32 + 1 + count * 2 + 2)
    then = at + len(parameters)
    if setup:
        words = struct.pack("<HHHHBBHIHHHHHBBH", len(parameters), len(data), 10, 16384, 0, 0, 0, 0, 0,
                            len(parameters), at, len(data), then, 1, 0, command)
    else:
        words = struct.pack("<HHHHHHHHHBB", len(parameters), len(data), 0, len(parameters), at, 0, len(data), then, 0, 0, 0)
    return words, b"\0" * pad + parameters + data


def find(pattern):
    return trans2(1, struct.pack("<HHHHI", 22, 128, 6, 260, 0) + u16(pattern))


def ask1(path, command=5):
    return trans2(command, struct.pack("<HI", 0x101, 0) + u16(path))


def setup_and_tree():
    words = struct.pack("<BBHHHHIHHII", 255, 0, 0, 4356, 1, 1, 0, 0, 0, 0, 0)[:26].ljust(26, b"\0")
    data = b"\0" + u16("eve\0LAB\0Windows\0")
    tree = bytes([4]) + struct.pack("<BBHHH", 255, 0, 0, 0, 0)
    share = u16("\\\\srv\\data\0") + b"A:\0"
    next_at = 32 + 1 + len(words) + 2 + len(data)
    words = b"\x75\0" + struct.pack("<H", next_at) + words[4:]
    share = (b"\0" if (next_at + len(tree) + 2) % 2 else b"") + share
    tree += struct.pack("<H", len(share)) + share
    return words, data, tree


def chained_reply():
    words = b"\x75\0" + struct.pack("<HH", 32 + 1 + 6 + 2 + 2, 0)
    return words, b"\0\0", bytes([3]) + b"\xff\0\0\0\0\0" + struct.pack("<H", 3) + b"A:\0"


SW, SD, ST = setup_and_tree()
RW, RD, RT = chained_reply()
script("smb", "smb1files", "tcp 1445", "version 1: a log-in with its share in one message, files written, read, listed, asked about, deleted when closed", [
    (">", nb(smb1(0x72, 1, b"", b"\x02NT LM 0.12\0"))),
    ("<", nb(smb1(0x72, 1, b"\0" * 34, b"x" * 8, 0, True))),
    (">", nb(smb1(0x73, 2, SW, SD) + ST)),
    ("<", nb(smb1(0x73, 2, RW, RD, 0, True, 3, 200) + RT)),
    (">", nb(smb1(0xa2, 3, create1(0x2019f, 5), b"\0" + u16("\\docs\\plan.doc\0"), 0, False, 3, 200))),
    ("<", nb(smb1(0xa2, 3, opened(0x4001, 0), b"", 0, True, 3, 200))),
    (">", nb(smb1(0x2f, 4, struct.pack("<BBHHIIHHHHH", 255, 0, 0, 0x4001, 0, 0, 0, 0, 0, 5, 60) + b"\0" * 4, b"\0hello", 0, False, 3, 200))),
    ("<", nb(smb1(0x2f, 4, struct.pack("<BBHHHI", 255, 0, 0, 5, 0, 0), b"", 0, True, 3, 200))),
    (">", nb(smb1(0x2e, 5, struct.pack("<BBHHIHHIH", 255, 0, 0, 0x4001, 0, 4096, 0, 0, 0), b"", 0, False, 3, 200))),
    ("<", nb(smb1(0x2e, 5, struct.pack("<BBHHHHHHH", 255, 0, 0, 0, 0, 0, 5, 60, 0) + b"\0" * 8, b"\0hello", 0, True, 3, 200))),
    (">", nb(smb1(0x04, 6, struct.pack("<HI", 0x4001, 0), b"", 0, False, 3, 200))),
    ("<", nb(smb1(0x04, 6, b"", b"", 0, True, 3, 200))),
    (">", nb(smb1(0x32, 7, *find("\\docs\\*.doc\0"), 0, False, 3, 200))),
    ("<", nb(smb1(0x32, 7, *trans2(1, struct.pack("<HHHHH", 1, 1, 1, 0, 0), b"n" * 40, False), 0, True, 3, 200))),
    (">", nb(smb1(0x32, 8, *ask1("\\docs\\secret.xls\0"), 0, False, 3, 200))),
    ("<", nb(smb1(0x32, 8, b"", b"", 0xc0000034, True, 3, 200))),
    (">", nb(smb1(0x2d, 9, struct.pack("<BBHHHHHIHIII", 255, 0, 0, 0, 0x42, 6, 0, 0, 1, 0, 0, 0), b"\0" + u16("\\old.txt\0"), 0, False, 3, 200))),
    ("<", nb(smb1(0x2d, 9, struct.pack("<BBHHHIIHHHHIH", 255, 0, 0, 0x4002, 0, 0, 1234, 2, 0, 0, 1, 0, 0), b"", 0, True, 3, 200))),
    (">", nb(smb1(0x32, 10, *trans2(8, struct.pack("<HHH", 0x4002, 0x102, 0), b"\x01"), 0, False, 3, 200))),
    ("<", nb(smb1(0x32, 10, *trans2(8, b"\0\0", b"", False), 0, True, 3, 200))),
    (">", nb(smb1(0x07, 11, b"\x16\0", b"\x04" + u16("\\a.txt\0") + b"\x04\0" + u16("\\b.txt\0"), 0, False, 3, 200))),
    ("<", nb(smb1(0x07, 11, b"", b"", 0, True, 3, 200))),
])


# NTP (RFC 5905 §7.3)
def ntp(first, stratum, origin=0, receive=0, transmit=0, ref=b"\0\0\0\0", delay=0):
    return struct.pack(">BBBBII4sQQQQ", first, stratum, 6, 0xec, delay, 0, ref, 0, origin, receive, transmit)


T = 0xE9000000 << 32
script("ntp", "client", "udp 123", "a request with its answer, one refused, monlist with two answers", [
    (">", ntp(0x23, 0, transmit=T | 5)),
    ("<", ntp(0x24, 2, T | 5, T | 6, T | 7, bytes([192, 0, 2, 9]), 0x8000)),
    (">", ntp(0x23, 0, transmit=T | 9)),
    ("<", ntp(0x24, 0, T | 9, T | 9, T | 9, b"RATE")),
    (">", bytes([0x17, 0, 3, 42]) + b"\0" * 4),
    ("<", bytes([0x97, 0, 3, 42]) + b"\0" * 100),
    ("<", bytes([0x97, 1, 3, 42]) + b"\0" * 100),
])

# TFTP (RFC 1350)
script("tftp", "read", "udp 69", "files asked for, one not there", [
    (">", b"\0\x01pxelinux.0\0octet\0tsize\x000\0blksize\x001428\0"),
    ("<", b"\0\x06tsize\x00100\0"),
    ("<", b"\0\x03\0\x01" + b"x" * 100),
    (">", b"\0\x04\0\x01"),
    (">", b"\0\x02/etc/passwd\0netascii\0"),
    ("<", b"\0\x05\0\x02denied\0"),
])


# RDP (MS-RDPBCGR §2.2.1)
def tpkt(b):
    return struct.pack(">BBH", 3, 0, len(b) + 4) + b


def x224(kind, rest):
    return tpkt(bytes([6 + len(rest), kind, 0, 0, 0x12, 0x34, 0]) + rest)


CORE = struct.pack("<HHIHHHHII", 0xC001, 216, 0x00080004, 1024, 768, 0xCA01, 0xAA03, 0x409, 2600) + u16("LAPTOP").ljust(32, b"\0")
script("rdp", "tls", "tcp 13389", "a cookie, CredSSP chosen, what follows is no RDP", [
    (">", x224(0xe0, b"Cookie: mstshash=alice\r\n" + struct.pack("<BBHI", 1, 0, 8, 11))),
    ("<", x224(0xd0, struct.pack("<BBHI", 2, 0x1f, 8, 2))),
    (">", b"\xfe\xff\x00"),
])
script("rdp", "standard", "tcp 3389", "standard security with the client's name", [
    (">", x224(0xe0, b"Cookie: mstshash=bob\r\n")),
    ("<", x224(0xd0, struct.pack("<BBHI", 2, 0, 8, 0))),
    (">", tpkt(b"\x02\xf0\x80\x7f\x65" + b"m" * 40 + CORE)),
])
script("rdp", "refused", "tcp 3389", "a client that offers too little", [
    (">", x224(0xe0, struct.pack("<BBHI", 1, 0, 8, 0))),
    ("<", x224(0xd0, struct.pack("<BBHI", 3, 0, 8, 5))),
])


# RADIUS (RFC 2865 §5)
def radius(code, ident, *attributes):
    body = b"".join(bytes([t, len(v) + 2]) + v for t, v in attributes)
    return struct.pack(">BBH16s", code, ident, 20 + len(body), b"authenticator...") + body


script("radius", "stop", "udp 1813", "the end of a session of more than 4 GiB", [
    (">", radius(4, 9, (40, b"\0\0\0\x02"), (44, b"0000A1"), (1, b"alice"), (46, struct.pack(">I", 3600)), (42, struct.pack(">I", 10)),
                 (43, struct.pack(">I", 20)), (47, struct.pack(">I", 7)), (48, struct.pack(">I", 8)), (53, struct.pack(">I", 2)),
                 (49, b"\0\0\0\x04"))),
    ("<", radius(5, 9)),
])
script("radius", "auth", "udp 11812", "PAP refused, EAP challenged and accepted, accounting sent twice", [
    (">", radius(1, 1, (1, b"alice"), (2, b"h" * 16), (4, bytes([192, 0, 2, 7])), (31, b"00-11-22-33-44-55"))),
    ("<", radius(3, 1, (18, b"go away"))),
    (">", radius(1, 2, (1, b"bob"), (79, b"\x02\0\0\x08\x01bob"), (32, b"ap1"))),
    ("<", radius(11, 2, (79, b"\x01\x01\0\x06\x19\x20"), (24, b"state"))),
    (">", radius(1, 3, (1, b"bob"), (79, b"\x02\x01\0\x06\x19\x00"), (24, b"state"))),
    ("<", radius(2, 3, (8, bytes([192, 0, 2, 99])))),
    (">", radius(4, 4, (1, b"bob"), (40, struct.pack(">I", 1)), (44, b"s1"))),
    (">", radius(4, 4, (1, b"bob"), (40, struct.pack(">I", 1)), (44, b"s1"))),
    ("<", radius(5, 4)),
    (">", radius(1, 5, (1, b"eve"), (26, struct.pack(">IBB", 311, 25, 8) + b"resp!!"))),
])

# Telnet (RFC 854)
script("telnet", "session", "tcp 2300", "a log-in that fails, one that works, two commands", [
    ("<", b"\xff\xfd\x18\xff\xfd\x20\xff\xfb\x03"),
    (">", b"\xff\xfb\x18\xff\xfc\x20\xff\xfd\x03"),
    ("<", b"\xff\xfa\x18\x01\xff\xf0"),
    (">", b"\xff\xfa\x18\x00xterm\xff\xf0"),
    ("<", b"Debian GNU/Linux 12\r\nrouter login: "),
    (">", b"alicf\x7fe\r\0"),
    ("<", b"alice\r\nPassword: "),
    (">", b"wrong\r\0"),
    ("<", b"\r\nLogin incorrect\r\nrouter login: "),
    (">", b"alice\r\n"),
    ("<", b"alice\r\nPassword: "),
    (">", b"secret\r\0"),
    ("<", b"\r\nLast login: Mon Jan 1 on tty1\r\n$ "),
    (">", b"id\r\0"),
    ("<", b"id\r\nuid=0(root)\r\n$ "),
    (">", b"exit\r\0"),
])

# SOCKS (RFC 1928, 1929)
script("socks", "v5", "tcp 1081", "a log-in by password, a name to connect to", [
    (">", b"\x05\x02\x00\x02"),
    ("<", b"\x05\x02"),
    (">", b"\x01\x05alice\x06secret"),
    ("<", b"\x01\x00"),
    (">", b"\x05\x01\x00\x03\x0bexample.org\x01\xbb"),
    ("<", b"\x05\x00\x00\x01\xc0\x00\x02\x09\x9c\x40"),
])
script("socks", "v5refused", "tcp 1080", "a log-in that is refused", [
    (">", b"\x05\x01\x02"),
    ("<", b"\x05\x02"),
    (">", b"\x01\x05alice\x05wrong"),
    ("<", b"\x01\x01"),
])
script("socks", "v4a", "tcp 1080", "by name, refused", [
    (">", b"\x04\x01\x00\x50\x00\x00\x00\x01root\0example.org\0"),
    ("<", b"\x00\x5b\x00\x00\x00\x00\x00\x00"),
])


# MQTT (OASIS 3.1.1 §2, §3; 5.0 §3)
def ms(s):
    b = s.encode()
    return struct.pack(">H", len(b)) + b


def mqtt(first, *parts):
    body = b"".join(parts)
    assert len(body) < 128
    return bytes([first, len(body)]) + body


script("mqtt", "v311", "tcp 11883", "a log-in with a will, a subscription, messages both ways", [
    (">", mqtt(0x10, ms("MQTT"), b"\x04\xc6\x00\x3c", ms("sensor-1"), ms("dead"), ms("x"), ms("alice"), ms("secret"))),
    ("<", mqtt(0x20, b"\0\0")),
    (">", mqtt(0x82, b"\0\x01", ms("home/#"), b"\x01", ms("$SYS/#"), b"\0")),
    ("<", mqtt(0x90, b"\0\x01\x01\x80")),
    (">", mqtt(0x32, ms("home/door"), b"\0\x02", b"open")),
    ("<", mqtt(0x40, b"\0\x02")),
    ("<", mqtt(0x30, ms("home/door"), b"open")),
    (">", b"\xc0\x00"),
    ("<", b"\xd0\x00"),
    (">", mqtt(0x3c, ms("home/two"), b"\0\x03", b"twice")),
    (">", b"\xe0\x00"),
])
script("mqtt", "v5", "tcp 1883", "version 5, refused", [
    (">", mqtt(0x10, ms("MQTT"), b"\x05\x82\x00\x3c\x05\x11\0\0\0\x0a", ms("c"), ms("bob"))),
    ("<", mqtt(0x20, b"\0\x87\0")),
])


# STUN (RFC 8489 §5, §14)
def stun(kind, ident, *attributes):
    body = b"".join(struct.pack(">HH", t, len(v)) + v + b"\0" * (-len(v) % 4) for t, v in attributes)
    return struct.pack(">HHI", kind, len(body), 0x2112A442) + ident * 12 + body


script("stun", "turn", "udp 3479", "a binding, an allocation refused for want of a log-in, media, one without an answer", [
    (">", stun(1, b"a", (0x8022, b"client"))),
    (">", stun(1, b"a", (0x8022, b"client"))),
    ("<", stun(0x101, b"a", (0x20, bytes.fromhex("0001a147e112a643")))),
    (">", stun(3, b"b", (0x19, b"\x11\0\0\0"))),
    ("<", stun(0x113, b"b", (9, b"\0\0\x04\x01Unauthorized"), (0x14, b"example.org"))),
    (">", b"\x80\x60\0\1media"),
    (">", stun(3, b"c", (6, b"alice"), (0x14, b"example.org"))),
])

# WireGuard (its protocol description, §5.4)
script("wireguard", "handshake", "udp 5182", "a handshake, data, one that is asked for a cookie", [
    (">", b"\x01\0\0\0ABCD" + b"\x55" * 124 + b"\0" * 16),
    ("<", b"\x02\0\0\0WXYZABCD" + b"\x66" * 64 + b"\0" * 16),
    (">", b"\x04\0\0\0WXYZ" + b"\0" * 8 + b"\x77" * 32),
    (">", b"\x01\0\0\0EFGH" + b"\x55" * 124 + b"\0" * 16),
    ("<", b"\x03\0\0\0EFGH" + b"\x88" * 56),
])
