import { expect, it } from "vitest";
import { readPython } from "../../../../src/cli/migrate/python/python-reader.ts";
import { programOfPage } from "../../../support/migration-pages.ts";

const head = "from flask import request, session\nfrom flask_socketio import *\n";
const apis = (source: string) => readPython(source).map(({ api }) => api);

it("knows every name of the page's own program", () => {
  const uses = readPython(programOfPage("from-flask-socketio.md", "python", "In Flask-SocketIO:"));
  expect(uses.filter(({ verdict }) => verdict === "unknown")).toEqual([]);
  expect(uses.map(({ api }) => api)).toEqual(
    expect.arrayContaining([
      ...["SocketIO(…)", "ping_timeout=", '@socketio.on("connect")', "ConnectionRefusedError", "session"],
      ...["request.sid", "@socketio.event", "join_room", "include_self=", "rooms", "host="],
      ...["@socketio.on_error_default", "socketio.start_background_task", "socketio.sleep", "socketio.run"],
    ]),
  );
});

it("follows names of imports, and servers of other files", () => {
  expect(apis("from flask_socketio import emit as fire\nfire('x')")).toContain('emit("x")');
  expect(apis("import flask_socketio as fs\nio = fs.SocketIO()\nfs.emit('x')\nio.emit('y')")).toEqual([
    ...["SocketIO()", 'emit("x")', 'socketio.emit("y")'],
  ]);
  expect(apis("from .app import socketio\n@socketio.on('x')\ndef f(): pass")).toEqual(['@socketio.on("x")']);
});

it("takes names of Flask within handlers alone", () => {
  const source = `from flask import request, session
from flask_socketio import SocketIO
socketio = SocketIO()
@app.route("/")
def page():
    session["a"] = request.args["b"]
@socketio.on("x")
def handle(data):
    if data:
        session["a"] = request.sid
def other():
    request.sid
`;
  expect(apis(source).slice(-3)).toEqual(['@socketio.on("x")', "session", "request.sid"]);
});

it("reads class namespaces", () => {
  const source = `from flask_socketio import Namespace
class Chat(Namespace):
    def on_say(self, data):
        self.emit("said", data, room="a")
    def helper(self):
        self.other()
class Plain:
    def on_say(self):
        self.emit("x")
`;
  expect(apis(source)).toEqual([
    ...["from flask_socketio", "class Chat(Namespace)", "def on_say", "self.emit"],
  ]);
});

it("tells options by their value, and those that nothing takes the place of", () => {
  const uses = readPython(
    "from flask_socketio import SocketIO\ns = SocketIO(app, cors_allowed_origins=[], json=x, nonsense=1)",
  );
  expect(uses.slice(-3).map(({ api, verdict }) => [api, verdict])).toEqual([
    ["cors_allowed_origins=", "missing"],
    ["json=", "missing"],
    ["nonsense=", "unknown"],
  ]);
});

it("finds nothing in comments, texts and other programs", () => {
  expect(apis(`${head}# emit("x")\n"""emit("y")"""\nprint("socketio.emit()")`)).toEqual([
    "from flask_socketio",
  ]);
  expect(apis("def emit(x): pass\nemit(5)")).toEqual([]);
});
