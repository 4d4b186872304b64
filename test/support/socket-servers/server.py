"""The program of socket-servers.ts in Python: prints its port, and serves until it is ended."""

import sys
import time
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import socketio

server = socketio.Server(async_mode="threading")


class Quiet(WSGIRequestHandler):
    def log_message(self, *values):
        pass


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def register(namespace):
    @server.on("connect", namespace=namespace)
    def connect(sid, environ, auth=None):
        if namespace == "/private" and (auth or {}).get("token") != "secret":
            raise socketio.exceptions.ConnectionRefusedError("wrong token", {"hint": "ask Ada"})

    @server.on("say", namespace=namespace)
    def say(sid, *values):
        server.emit("said", values, to=sid, namespace=namespace)
        return values

    @server.on("ask me", namespace=namespace)
    def ask_me(sid):
        server.emit("question", 7, to=sid, namespace=namespace, callback=lambda *answer: server.emit(
            "thanks", answer, to=sid, namespace=namespace))

    @server.on("count", namespace=namespace)
    def count(sid, upto):
        for number in range(1, upto + 1):
            server.emit("number", number, to=sid, namespace=namespace)

    @server.on("kick me", namespace=namespace)
    def kick(sid):
        server.disconnect(sid, namespace=namespace)

    @server.on("silent", namespace=namespace)
    def silent(sid):
        time.sleep(60)


for name in ("/", "/chat", "/private"):
    register(name)
http = make_server("127.0.0.1", int(sys.argv[1]), socketio.WSGIApp(server), Threads, Quiet)
print(http.server_port, flush=True)
http.serve_forever()
