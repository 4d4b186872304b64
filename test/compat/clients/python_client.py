"""Clients of python-socketio that do what they are told: one line of JSON for each command, answer and event.

Commands:  {"id": 1, "command": "emit", "socket": 0, ...}
Answers:   {"id": 1, "result": ...}
Events:    {"socket": 0, "event": "received", "values": [...]}

Bytes are written as {"$bytes": "<base64>"}.
"""

import base64
import json
import os
import queue
import sys
import threading
import time

import engineio
import engineio.payload
import socketio
from socketio.exceptions import TimeoutError

# By default a client that polls gives up when it gets more than 16 packets at once.
engineio.payload.Payload.max_decode_packets = 100_000

output_lock = threading.Lock()
connections = {}
sockets = {}


def say(message):
    text = json.dumps(to_json(message))
    with output_lock:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def to_json(value):
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def from_json(value):
    if isinstance(value, dict):
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value


class PacketQueue(queue.Queue):
    """The packets to send, and at their end None. The library takes all that wait at once, and forgets an end behind
    others: it then tells of a lost connection only after its longest wait. Here the end comes alone."""

    def get(self, block=True, timeout=None):
        if not block:
            with self.mutex:
                if self.queue and self.queue[0] is None:
                    raise queue.Empty
        return super().get(block, timeout)


class OrderedEngine(engineio.Client):
    """Handles messages one after the other. The library's own way, a thread for each message, mixes up events and even
    the parts of one: whoever needs an order does the same as this class."""

    def __init__(self, **options):
        super().__init__(**options)
        self.messages = queue.Queue()
        self.ending = threading.RLock()
        threading.Thread(target=self.handle_messages, daemon=True).start()

    def disconnect(self, *arguments, **options):
        with self.ending:
            super().disconnect(*arguments, **options)

    def start_background_task(self, target, *arguments, **options):
        if target == self.handlers.get("message"):
            return self.messages.put(arguments)
        return super().start_background_task(target, *arguments, **options)

    def create_queue(self, *arguments, **options):
        packets = PacketQueue(*arguments, **options)
        packets.Empty = queue.Empty
        return packets

    def handle_messages(self):
        while True:
            arguments = self.messages.get()
            try:
                self.handlers["message"](*arguments)
            except Exception as error:  # of a client that has gone meanwhile
                print(f"python_client.py: {error!r}", file=sys.stderr)


class Client(socketio.Client):
    def _engineio_client_class(self):
        return OrderedEngine


class Socket(socketio.ClientNamespace):
    """A client in one namespace; it tells of all that it hears."""

    def __init__(self, number, namespace):
        super().__init__(namespace)
        self.number = number
        self.answers = {}
        self.gone = threading.Event()

    def trigger_event(self, event, *values):
        if event == "connect":
            threading.Thread(target=self.tell_of_acceptance, daemon=True).start()
            return None
        if event in ("disconnect", "connect_error"):
            say({"socket": self.number, "event": event, "values": values})
            return None
        say({"socket": self.number, "event": "received", "values": [event, *values]})
        if event not in self.answers:
            return None
        answer, delay = self.answers[event]
        self.gone.wait(delay / 1000)
        return tuple(values if answer == "what came" else answer)


    def tell_of_acceptance(self):
        """The client is told before it counts as connected, and hears of no disconnection in between."""
        while not self.client.connected and self.client.eio.state == "connected":
            time.sleep(0.001)
        say({"socket": self.number, "event": "connect", "values": []})


def open_connection(connection, url, namespaces, transports, serializer, auth, reconnects):
    client = Client(
        reconnection=reconnects,
        reconnection_delay=0.02,
        reconnection_delay_max=0.04,
        randomization_factor=0,
        serializer=serializer,
        handle_sigint=False,
    )
    names = []
    for number, namespace in namespaces:
        sockets[number] = Socket(number, namespace)
        client.register_namespace(sockets[number])
        names.append(namespace)
    connections[connection] = client

    def connect():
        # What is left of an earlier connection would take a part in the new one.
        if client.eio.read_loop_task:
            client.eio.read_loop_task.join()
        # The library tells of an end in the middle of its disconnect(), whose rest would end the new connection.
        with client.eio.ending:
            pass
        try:
            client.connect(url, auth=auth, transports=transports, namespaces=names, wait_timeout=10)
        except socketio.exceptions.ConnectionError:
            # The namespace was told already, if it was a namespace that refused.
            pass

    client.connect_again = connect
    threading.Thread(target=connect, daemon=True).start()


def emit(socket, event, values):
    sockets[socket].emit(event, tuple(values))


def ask(socket, event, values):
    done = threading.Event()
    answers = []

    def take(*answer):
        answers.append(list(answer))
        done.set()

    sockets[socket].emit(event, tuple(values), callback=take)
    done.wait()
    return answers[0]


def ask_within(socket, timeout, event, values):
    try:
        answer = sockets[socket].client.call(
            event, tuple(values), namespace=sockets[socket].namespace, timeout=timeout / 1000
        )
    except TimeoutError:
        return "timeout"
    # One value comes alone.
    return list(answer) if isinstance(answer, tuple) else [answer]


def disconnect(connection):
    client = connections[connection]
    for socket in client.namespace_handlers.values():
        socket.gone.set()
    client.disconnect()


commands = {
    "open": open_connection,
    "emit": emit,
    "ask": ask,
    "ask within": ask_within,
    "answer": lambda socket, event, values, delay: sockets[socket].answers.update({event: (values, delay)}),
    "transport": lambda connection: connections[connection].transport(),
    "disconnect": disconnect,
    "reconnect": lambda connection: connections[connection].connect_again(),
}


waiting_commands = ("ask", "ask within", "disconnect", "reconnect")


def run(id, command, arguments):
    try:
        say({"id": id, "result": commands[command](**from_json(arguments))})
    except Exception as error:  # whatever it is, the test is to see it
        say({"id": id, "error": repr(error)})


def main():
    for line in sys.stdin:
        message = json.loads(line)
        arguments = (message["id"], message["command"], message["arguments"])
        if message["command"] in waiting_commands:
            threading.Thread(target=run, args=arguments, daemon=True).start()
        else:
            run(*arguments)
    os._exit(0)


main()
