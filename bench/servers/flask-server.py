"""Flask-SocketIO on eventlet, the server whose ergonomics Roomcast has. Talks as control.mjs does."""

import json
import os
import resource
import sys
from importlib import metadata

import eventlet

eventlet.monkey_patch()

from eventlet.patcher import original  # noqa: E402
from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, emit, join_room, leave_room  # noqa: E402

app = Flask(__name__)
socketio = SocketIO(app, async_mode="eventlet")
counted = 0


@socketio.on("echo")
def echo(message):
    emit("echo", message)


@socketio.on("ack")
def ack(message):
    return message


@socketio.on("binary")
def binary(data):
    emit("binary", data)


@socketio.on("broadcast")
def broadcast(message):
    emit("broadcast", message, broadcast=True)


@socketio.on("burst")
def burst(count, message):
    for _ in range(count):
        emit("burst", message, broadcast=True)


@socketio.on("join")
def join(room):
    join_room(room)
    emit("joined")


@socketio.on("leave")
def leave(room):
    leave_room(room)
    emit("left")


@socketio.on("room")
def room_event(room, message):
    emit("room", message, to=room)


@socketio.on("sink")
def sink(_message):
    global counted
    counted += 1


@socketio.on("flush")
def flush():
    emit("flushed", counted)


def say(value):
    sys.__stdout__.write(json.dumps(value) + "\n")
    sys.__stdout__.flush()


def answer_commands():
    """Runs in a thread of the system's own, so that reading does not hold up the server's green threads."""
    gc = original("gc")
    read = original("os").read
    rest = b""
    while True:
        data = read(0, 4096)
        if not data:
            os._exit(0)
        *commands, rest = (rest + data).split(b"\n")
        for command in commands:
            if command == b"memory":
                gc.collect()
                with open("/proc/self/statm") as statm:
                    pages = int(statm.read().split()[1])
                say({"rss": pages * resource.getpagesize(), "heap": None})
            elif command == b"cpu":
                usage = resource.getrusage(resource.RUSAGE_SELF)
                say({"user": round(usage.ru_utime * 1e6), "system": round(usage.ru_stime * 1e6)})


if __name__ == "__main__":
    listener = eventlet.listen(("127.0.0.1", 0), backlog=1024)
    original("_thread").start_new_thread(answer_commands, ())
    say(
        {
            "port": listener.getsockname()[1],
            "versions": [
                *(f"{name} {metadata.version(name)}" for name in ("Flask-SocketIO", "python-socketio", "eventlet")),
                f"Python {sys.version.split()[0]}",
            ],
        }
    )
    # What socketio.run() does for eventlet, but on any free port and for as many clients as come.
    eventlet.wsgi.server(listener, app, log_output=False, max_size=20_000)
