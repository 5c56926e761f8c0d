"""The server and the client of make-tunnels.sh's Thrift recording: thrift-calls.py serve|call binary|compact PORT."""
import sys
from thrift.protocol import TBinaryProtocol, TCompactProtocol
from thrift.server import TServer
from thrift.transport import TSocket, TTransport
from later import Later
from shelf import Shelf
from shelf.ttypes import Item, Missing


class Handler:
    def __init__(self):
        self.items = {}

    def add(self, item):
        self.items[item.name] = item
        return len(self.items)

    def find(self, name):
        if name not in self.items:
            raise Missing(why="no " + name)
        return self.items[name]

    def forget(self, id):
        self.items = {n: i for n, i in self.items.items() if i.id != id}


def main(what, form, port):
    protocols = {
        "binary": (TTransport.TFramedTransportFactory(), TBinaryProtocol.TBinaryProtocolFactory()),
        "compact": (TTransport.TBufferedTransportFactory(), TCompactProtocol.TCompactProtocolFactory()),
    }
    transports, forms = protocols[form]
    if what == "serve":
        listen = TSocket.TServerSocket("10.69.0.1", int(port))
        TServer.TSimpleServer(Shelf.Processor(Handler()), listen, transports, forms).serve()
    transport = transports.getTransport(TSocket.TSocket("10.69.0.1", int(port)))
    transport.open()
    client = Shelf.Client(forms.getProtocol(transport))
    client.add(Item(7, "lamp"))
    client.find("lamp")
    try:
        client.find("chair")
    except Missing as missing:
        print(missing.why)
    client.forget(7)
    try:
        Later.Client(forms.getProtocol(transport)).vanish(7)
    except Exception as error:
        print(error)
    transport.close()


main(*sys.argv[1:])
