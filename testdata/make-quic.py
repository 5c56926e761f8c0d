#!/usr/bin/env python3
"""make-quic.py OUT.pcap: QUIC handshakes between aioquic (pip install aioquic) as client and as server on loopback,
captured with tcpdump; needs root and openssl. In this order: version 1, version 2, Retry, a ClientHello larger than one
packet, an ALPN nobody has, and a version nobody knows."""
import asyncio, os, socket, subprocess, sys, tempfile, time
from aioquic.asyncio import connect, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.packet import QuicProtocolVersion

out = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
cert, key = os.path.join(work, "c.pem"), os.path.join(work, "k.pem")
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "9",
                "-subj", "/CN=quic.example"], check=True, stderr=subprocess.DEVNULL)
V1, V2 = QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2


def client(version=V1, alpn=("h3",)):
    c = QuicConfiguration(is_client=True, alpn_protocols=list(alpn), server_name="quic.example", verify_mode=0)
    c.supported_versions, c.original_version = [V1, V2], version
    return c


async def talk(port, config):
    try:
        async with asyncio.timeout(3):
            async with connect("127.0.0.1", port, configuration=config) as c:
                await c.ping()
    except Exception as e:
        print("ended:", repr(e))


async def main():
    server = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    server.supported_versions = [V1, V2]
    server.load_cert_chain(cert, key)
    await serve("127.0.0.1", 4433, configuration=server)
    await serve("127.0.0.1", 4434, configuration=server, retry=True)
    await talk(4433, client())
    await talk(4433, client(V2))
    await talk(4434, client())
    await talk(4433, client(alpn=["h3"] + ["x%040d" % n for n in range(60)]))
    await talk(4433, client(alpn=["nobody-has-this"]))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(b"\xc0\x1a\x2a\x3a\x4a\x08" + b"netlog01" + b"\x04" + b"mine" + b"\x00" * 1190, ("127.0.0.1", 4433))
    await asyncio.sleep(0.5)


dump = subprocess.Popen(["tcpdump", "-i", "lo", "-U", "-w", out, "--immediate-mode", "udp and (port 4433 or port 4434)"],
                        stderr=subprocess.DEVNULL)
time.sleep(1)
asyncio.run(main())
time.sleep(1)
dump.terminate()
dump.wait()
