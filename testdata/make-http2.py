#!/usr/bin/env python3
"""make-http2.py FOLDER [PART ...]: HTTP/2 in clear text, gRPC and WebSocket on loopback, captured with tcpdump; needs root, Debian's
curl, nghttp2-client and nghttp2-server, and from PyPI: grpcio, hypercorn, websockets.

http2/nghttpd.pcap   curl with prior knowledge: files, a missing one, a POST; nghttp with several streams at once
http2/upgrade.pcap   curl that upgrades from HTTP/1.1
http2/grpc.pcap      grpcio: a call, one that fails, one that is cancelled
websocket/chat.pcap  websockets: text and binary with and without compression, ping, closes"""
import asyncio, os, subprocess, sys, tempfile, time
from concurrent import futures

folder = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()


class Capture:
    def __init__(self, name, port):
        self.out, self.port = os.path.join(folder, name), port

    def __enter__(self):
        os.makedirs(os.path.dirname(self.out), exist_ok=True)
        self.dump = subprocess.Popen(["tcpdump", "-i", "lo", "-U", "-w", self.out, "--immediate-mode", "tcp port %d" % self.port],
                                     stderr=subprocess.DEVNULL)
        time.sleep(1)

    def __exit__(self, *_):
        time.sleep(1)
        self.dump.terminate()
        self.dump.wait()


def http2():
    with open(os.path.join(work, "index.html"), "w") as f:
        f.write("<html>hello</html>\n")
    with open(os.path.join(work, "big.bin"), "wb") as f:
        f.write(bytes(40000))
    server = subprocess.Popen(["nghttpd", "--no-tls", "-d", work, "8082"], stdout=subprocess.DEVNULL)
    time.sleep(1)
    url = "http://127.0.0.1:8082"
    curl = ["curl", "-s", "-o", "/dev/null"]
    with Capture("http2/nghttpd.pcap", 8082):
        subprocess.run(curl + ["--http2-prior-knowledge", "-u", "alice:secret", url + "/index.html?password=hunter2", "-o", "/dev/null",
                               url + "/missing", "-o", "/dev/null", url + "/big.bin"])
        subprocess.run(curl + ["--http2-prior-knowledge", "-d", "user=bob&x=1", url + "/index.html"])
        subprocess.run(["nghttp", "-n", url + "/index.html", url + "/big.bin", url + "/none"], stdout=subprocess.DEVNULL)
    server.terminate()


def upgrade():
    with open(os.path.join(work, "app.py"), "w") as f:
        f.write('''async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"upgraded"})
''')
    server = subprocess.Popen([sys.executable, "-m", "hypercorn", "-b", "127.0.0.1:8082", "app:app"], cwd=work,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(2)
    with Capture("http2/upgrade.pcap", 8082):
        subprocess.run(["curl", "-s", "-o", "/dev/null", "--http2", "http://127.0.0.1:8082/index.html"])
    server.terminate()


def grpc():
    import grpc

    class Handler(grpc.GenericRpcHandler):
        def service(self, details):
            def call(request, context):
                if details.method.endswith("/Missing"):
                    context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
                if details.method.endswith("/Slow"):
                    time.sleep(2)
                return b"answer:" + request

            return grpc.unary_unary_rpc_method_handler(call)

    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[Handler()])
    port = server.add_insecure_port("127.0.0.1:50051")
    server.start()
    with Capture("http2/grpc.pcap", port):
        channel = grpc.insecure_channel("127.0.0.1:%d" % port)
        for method, timeout in [("Get", 5), ("Missing", 5), ("Slow", 0.5)]:
            try:
                channel.unary_unary("/shop.v1.Orders/" + method)(b"\x0a\x03abc", timeout=timeout)
            except grpc.RpcError as e:
                print("ended:", e.code())
        channel.close()
    server.stop(0)


def websocket():
    import websockets

    async def serve(socket):
        async for message in socket:
            if message == "leave":
                await socket.close(1008, "not allowed")
            else:
                await socket.send(message)

    async def main():
        async with websockets.serve(serve, "127.0.0.1", 8765):
            for compression in [None, "deflate"]:
                async with websockets.connect("ws://127.0.0.1:8765/chat?room=1", compression=compression) as c:
                    await c.send("hello")
                    await c.recv()
                    await c.send(bytes(70000))
                    await c.recv()
                    await c.send(["one ", "message ", "in parts"])
                    await c.recv()
                    await (await c.ping(b"still there?"))
            async with websockets.connect("ws://127.0.0.1:8765/", compression=None) as c:
                await c.send("leave")
                try:
                    await c.recv()
                except websockets.ConnectionClosed:
                    pass

    with Capture("websocket/chat.pcap", 8765):
        asyncio.run(main())


for part in sys.argv[2:] or ["http2", "upgrade", "grpc", "websocket"]:
    globals()[part]()
