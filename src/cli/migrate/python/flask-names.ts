/** Which row of the page about Flask-SocketIO speaks of which name. */

import { flaskRows } from "../migration-rows.ts";
import { rowMeaning, rowOf, type UseMeaning } from "../program-use.ts";

const library = "Flask-SocketIO";

/** Functions that a program imports. */
const functions: Readonly<Record<string, string>> = {
  emit: "`emit(event",
  send: "`send(message",
  call: "`call(event",
  join_room: "`join_room(",
  leave_room: "`leave_room(",
  close_room: "`close_room(",
  rooms: "`rooms(sid",
  disconnect: "`disconnect(sid",
  ConnectionRefusedError: "`ConnectionRefusedError(",
  SocketIOTestClient: "`client = socketio.test_client(",
};

/** Methods of the server. */
const methods: Readonly<Record<string, string>> = {
  init_app: "`SocketIO()`",
  on: "`socketio.on(event",
  on_event: "`socketio.on_event(",
  event: "`@socketio.event`",
  on_namespace: "`socketio.on_namespace(",
  on_error: "`@socketio.on_error()`",
  on_error_default: "`@socketio.on_error_default`",
  emit: "`socketio.emit(",
  send: "`socketio.send(",
  call: "`socketio.call(",
  close_room: "`socketio.close_room(",
  run: "`socketio.run(",
  stop: "`socketio.stop()`",
  start_background_task: "`socketio.start_background_task(",
  sleep: "`socketio.sleep(",
  test_client: "`socketio.test_client(",
  async_mode: "`socketio.async_mode`",
  server: "`socketio.server`",
  reason: "`SocketIO.reason",
};

/** Members of `self` in a class namespace. */
const namespaceMembers: Readonly<Record<string, string>> = {
  ...{ emit: "`self.emit`", send: "`self.emit`", close_room: "`self.emit`", call: "`self.emit`" },
  ...{ enter_room: "`self.enter_room(", leave_room: "`self.enter_room(" },
  ...{ rooms: "`self.rooms(", disconnect: "`self.rooms(", namespace: '`Chat("/chat")`' },
  ...{ get_session: "`self.get_session`", save_session: "`self.get_session`", session: "`self.get_session`" },
  trigger_event: "`trigger_event`",
};

/** Members of Flask's `request` within a handler. */
const requestMembers: Readonly<Record<string, string>> = {
  ...{ sid: "`request.sid`", namespace: "`request.sid`", event: '`request.event["message"]`' },
  ...{ headers: "`request.headers`", args: "`request.headers`", remote_addr: "`request.headers`" },
};

/** Other names that mean something within a handler. */
const surroundings: Readonly<Record<string, string>> = {
  session: '`session["name"]`',
  current_user: "`current_user`",
  ...{ g: "`flask.g`", current_app: "`flask.g`" },
  copy_current_request_context: "`@copy_current_request_context`",
};

/** A function of the library. */
export function flaskFunction(name: string): UseMeaning | undefined {
  return meaningAt(functions[name]);
}

/** A method of the server. */
export function flaskMethod(name: string): UseMeaning | undefined {
  return meaningAt(methods[name]);
}

/** A member of a class namespace. */
export function flaskNamespaceMember(name: string): UseMeaning | undefined {
  return meaningAt(namespaceMembers[name]);
}

/** A member of `request`. */
export function flaskRequestMember(name: string): UseMeaning | undefined {
  return meaningAt(requestMembers[name] ?? "`request.cookies`");
}

/** A name of Flask's that a handler reads. */
export function flaskSurrounding(name: string): UseMeaning | undefined {
  return meaningAt(surroundings[name]);
}

/** What another row says. */
export function flaskRow(title: string): UseMeaning {
  return rowMeaning(rowOf(flaskRows, title), library, null);
}

/** Where options with a name stand in the page. */
export type FlaskOptionGroup = "constructor" | "run" | "emit";

const firstRows: Readonly<Record<FlaskOptionGroup, readonly [first: string, last: string]>> = {
  constructor: ["`manage_session=True`", "`transports`"],
  run: ["`app`", "gunicorn"],
  emit: ["`namespace`", "`timeout` (of `call`)"],
};

/** A keyword argument; `undefined` for one that the page does not have. */
export function flaskOption(group: FlaskOptionGroup, name: string, value: string): UseMeaning | undefined {
  const [first, last] = firstRows[group];
  const from = flaskRows.findIndex(([title]) => title.startsWith(first));
  const to = flaskRows.findIndex(([title]) => title.startsWith(last));
  const rows = flaskRows.slice(from, to + 1);
  const named = rows.filter(([title]) => optionsIn(title).some(([option]) => option === name));
  // Of several rows of one option, that of its value.
  const row = named.find(([title]) => optionsIn(title).some(([, of]) => of === value)) ?? named[0];
  return row === undefined ? undefined : rowMeaning(row, library, null);
}

/** The options of a title, with the value where it has one: `cookie=None`. */
function optionsIn(title: string): (readonly [name: string, value: string | undefined])[] {
  return [...title.matchAll(/`(\w+)(?:=([^`]*))?`/g)].map(([, name = "", value]) => [name, value]);
}

function meaningAt(title: string | undefined): UseMeaning | undefined {
  return title === undefined ? undefined : flaskRow(title);
}

/** Titles of all rows that names lead to, for the test that holds them to the page. */
export function usedFlaskTitles(): string[] {
  const groups = [functions, methods, namespaceMembers, requestMembers, surroundings];
  return [
    ...new Set([...groups.flatMap((group) => Object.values(group)), ...Object.values(firstRows).flat()]),
  ];
}
