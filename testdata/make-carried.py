"""Sends log messages over loopback as their senders do: syslog (logger of util-linux, Python's SysLogHandler), GELF
(as its specification describes it) and python-logstash's datagrams. Recorded with tcpdump -i lo -U while it runs (as root, for port 514)."""
import gzip, json, logging, logging.handlers, random, socket, subprocess, time, zlib

def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", port)); return s

def tcp(port):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port)); s.listen(4); return s

listeners = [udp(514), udp(5514), udp(12201), udp(5959)]
streams = {port: tcp(port) for port in (514, 601, 12201, 5959)}

def logger(*args):
    subprocess.run(["logger", "-n", "127.0.0.1", *args], check=True)

def stream(port, *parts):
    c = socket.create_connection(("127.0.0.1", port))
    peer, _ = streams[port].accept()
    for part in parts:
        c.sendall(part); time.sleep(0.02)
    c.close()
    while peer.recv(65536): pass
    peer.close()

failed = "Failed password for bob from 203.0.113.7 port 40022 ssh2"
accepted = "Accepted publickey for alice from 198.51.100.4 port 50044 ssh2: ED25519 SHA256:4fV6bT9nYx0iGVdZcJ2u5tqk3Hn8oR7mSxLwQeYpD1c"
# logger: RFC 5424 with structured data, RFC 3164, over UDP and (counted, RFC 6587) TCP
logger("-d", "-P", "514", "--rfc5424", "-p", "auth.info", "-t", "sshd", "--id=731", failed)
logger("-d", "-P", "514", "--rfc3164", "-p", "authpriv.notice", "-t", "sudo", "bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/id")
logger("-d", "-P", "5514", "--rfc3164", "-p", "auth.info", "-t", "sshd", "--id=733", accepted)
def tcp_logger(port, *args):
    p = subprocess.Popen(["logger", "-n", "127.0.0.1", "-T", "-P", str(port), *args])
    peer, _ = streams[port].accept(); p.wait()
    while peer.recv(65536): pass
    peer.close()
tcp_logger(601, "--octet-count", "--rfc5424", "-p", "auth.info", "-t", "sshd", "--id=735", failed)
tcp_logger(514, "--rfc3164", "-p", "cron.info", "-t", "CRON", "--id=99", "(root) CMD (run-parts /etc/cron.hourly)")
# Python's handler: a priority, no stamp, a NUL at the end
h = logging.handlers.SysLogHandler(("127.0.0.1", 514)); h.setFormatter(logging.Formatter("shop[12]: %(message)s"))
log = logging.getLogger("shop"); log.addHandler(h); log.setLevel(logging.INFO); log.warning("cart 7 is empty")
h.close()
# what no format reads is kept as it is
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 40700))
def gelf(message, **more):
    return json.dumps({"version": "1.1", "host": "web", "short_message": message, "timestamp": 1795252021.307, "level": 3, **more}).encode()
to = ("127.0.0.1", 12201)
u.sendto(gelf("plain", _user="bob", _client_ip="203.0.113.7"), to)
u.sendto(gzip.compress(gelf("gzip")), to)
u.sendto(zlib.compress(gelf("zlib", full_message="Traceback\n  line 2")), to)
long = zlib.compress(gelf("chunked", full_message=random.Random(7).randbytes(3000).hex()))
parts = [long[i:i + 1420] for i in range(0, len(long), 1420)]
ident = b"8 bytes!"
order = list(range(len(parts))); order[0], order[-1] = order[-1], order[0]
for i in order:
    u.sendto(b"\x1e\x0f" + ident + bytes([i, len(parts)]) + parts[i], to)
u.sendto(b"\x1e\x0f" + b"lost....." [:8] + b"\x00\x02" + parts[0], to)
u.sendto(b'{"version":"1.1","host":7,"short_message":', to)
stream(12201, gelf("over TCP, one") + b"\0" + gelf("over TCP, two")[:30], gelf("over TCP, two")[30:] + b"\0")
# python-logstash, version 1 of its layout
def event(message, level):
    return json.dumps({"@timestamp": "2026-11-21T09:07:01.123Z", "@version": "1", "message": message, "host": "web1", "path": "/srv/app.py", "tags": [], "type": "logstash", "level": level, "logger_name": "shop.cart", "stack_info": None}).encode()
v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); v.bind(("127.0.0.1", 40701))
v.sendto(event("cart is empty", "WARNING"), ("127.0.0.1", 5959))
v.sendto(event("cannot pay", "ERROR"), ("127.0.0.1", 5959))
stream(5959, event("one", "INFO") + b"\n", event("two", "INFO") + b"\n")
