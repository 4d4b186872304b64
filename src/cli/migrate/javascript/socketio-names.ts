/** Which row of the page about Socket.IO speaks of which name. */

import { bridgeRows, socketIoRows } from "../migration-rows.ts";
import { rowMeaning, rowOf, type UseMeaning, withoutCode } from "../program-use.ts";

/** What an expression is. */
export type ObjectKind =
  | "Server"
  | "Namespace"
  | "Socket"
  | "ServerTarget"
  | "SocketTarget"
  | "Engine"
  | "Connection"
  | "Handshake"
  | "RemoteSocket";

const listRow = "`io.in(room).fetchSockets()`";
const targetRow = "`io.to(a).to(b)`";
const onRow = "`socket.on(event, handler)`";

/** Methods of every emitter of Node. */
const ofEmitters: Readonly<Record<string, string>> = {
  ...{ off: onRow, removeListener: onRow, removeAllListeners: onRow, prependListener: onRow },
  ...{ prependOnceListener: onRow, listeners: onRow, rawListeners: onRow, listenerCount: onRow },
  ...{ eventNames: onRow, setMaxListeners: onRow, getMaxListeners: onRow },
};

/** Methods of servers and namespaces. */
const ofServers: Readonly<Record<string, string>> = {
  ...{ emit: "`io.emit`", send: "`io.emit`", write: "`io.emit`" },
  ...{ of: '`io.of("/chat")`', use: "`io.use((socket, next) => …)`", sockets: "`io.sockets`" },
  ...{ to: targetRow, in: targetRow, except: "`.except(room)`" },
  ...{ volatile: "`.volatile`", compress: "`.volatile`", local: "`.local`" },
  ...{ timeout: "`io.to(room).timeout", emitWithAck: "`io.to(room).timeout" },
  ...{ fetchSockets: listRow, allSockets: listRow },
  ...{ socketsJoin: '`io.in("a").socketsJoin', socketsLeave: '`io.in("a").socketsJoin' },
  disconnectSockets: '`io.in("a").disconnectSockets',
  ...{ serverSideEmit: "`io.serverSideEmit`", serverSideEmitWithAck: "`io.serverSideEmit`" },
  ...{ close: "`io.close()`", attach: "`io.attach(", listen: "`io.attach(" },
  ...{ attachApp: "`io.attachApp", bind: "`io.attachApp", onconnection: "`io.attachApp" },
  ...{ path: "`io.path()`", serveClient: "`io.path()`", connectTimeout: "`io.path()`" },
  adapter: "`io.path()`",
  ...{ on: '`io.on("connection"', once: '`io.on("connection"', addListener: '`io.on("connection"' },
  ...ofEmitters,
};

const outgoingRow = "`socket.onAnyOutgoing`";

const ofSockets: Readonly<Record<string, string>> = {
  id: "`socket.id`",
  ...{ emit: "`socket.emit(event, ...values)`", send: "`socket.send`", write: "`socket.send`" },
  emitWithAck: "`socket.emitWithAck(",
  timeout: "`socket.timeout(5000)",
  ...{ broadcast: "`socket.broadcast.emit", to: "`socket.to(room)", in: "`socket.to(room)" },
  ...{ except: "`.except(room)`", volatile: "`.volatile`", compress: "`.volatile`", local: "`.local`" },
  ...{ join: "`socket.join(room)`", leave: "`socket.join(room)`", rooms: "`socket.rooms`" },
  ...{ data: "`socket.data`", disconnect: "`socket.disconnect()`" },
  ...{ on: onRow, once: onRow, addListener: onRow },
  ...ofEmitters,
  ...{ onAny: "`socket.onAny(handler)`", prependAny: outgoingRow, offAny: outgoingRow },
  ...{ listenersAny: outgoingRow, onAnyOutgoing: outgoingRow, prependAnyOutgoing: outgoingRow },
  ...{ offAnyOutgoing: outgoingRow, listenersAnyOutgoing: outgoingRow },
  ...{ use: "`socket.use(([event", request: "`socket.request`" },
  ...{ conn: "`socket.conn`", client: "`socket.conn`", nsp: "`socket.conn`" },
  ...{ connected: "`socket.connected`", disconnected: "`socket.connected`" },
  recovered: "`socket.recovered`",
};

const engineEventRow = '`io.engine.on("initial_headers")`';
const addressRow = "`socket.handshake.address`";
const requestRow = "`socket.handshake.headers`";
const timeRow = "`socket.handshake.time`";

/** The rows by kind and name. Kinds that are not here have the names of another one. */
const titles: Readonly<Record<ObjectKind, Readonly<Record<string, string>>>> = {
  Server: ofServers,
  Namespace: {
    ...ofServers,
    name: "`socket.conn`",
    sockets: listRow,
    adapter: listRow,
    use: '`io.of("/chat").use',
  },
  ServerTarget: { ...ofServers, emit: targetRow },
  Socket: ofSockets,
  SocketTarget: {
    ...ofSockets,
    emit: "`socket.to(room)",
    fetchSockets: listRow,
    emitWithAck: "`io.to(room).timeout",
  },
  Engine: {
    clientsCount: "`io.engine.clientsCount`",
    generateId: "`io.engine.generateId`",
    ...{ on: engineEventRow, once: engineEventRow, use: "`io.engine.use(session)`" },
  },
  Connection: { transport: "`socket.conn.transport.name`", remoteAddress: addressRow },
  Handshake: {
    auth: "`socket.handshake.auth`",
    ...{ headers: requestRow, query: requestRow, url: requestRow },
    ...{ address: addressRow, secure: addressRow },
    ...{ time: timeRow, issued: timeRow, xdomain: timeRow },
  },
  RemoteSocket: {
    ...{ id: listRow, rooms: listRow, data: listRow, handshake: listRow },
    emit: "`socket.emit(event, ...values)`",
    ...{ join: "`socket.join(room)`", leave: "`socket.join(room)`", disconnect: "`socket.disconnect()`" },
  },
};

/** Events of the library, which have rows of their own. */
const eventTitles: Readonly<Partial<Record<ObjectKind, Readonly<Record<string, string>>>>> = {
  Server: { new_namespace: '`io.on("new_namespace")`' },
  Engine: { connection_error: '`io.engine.on("connection_error")`' },
  Socket: {
    disconnect: '`socket.on("disconnect"',
    disconnecting: '`socket.on("disconnecting")`',
    error: "an error in `socket.use`",
  },
};

/** Where the reference of the bridge speaks of a kind. */
const bridgeSections: Readonly<Record<ObjectKind, string>> = {
  Server: "Server",
  Namespace: "Namespace",
  ServerTarget: "Server",
  Socket: "Socket",
  SocketTarget: "Socket",
  Engine: "engine",
  Connection: "conn",
  Handshake: "Handshake",
  RemoteSocket: "RemoteSocket",
};

/** What a name of a kind becomes; `undefined` for one that the pages do not know. */
export function socketIoMeaning(kind: ObjectKind, name: string): UseMeaning | undefined {
  const title = titles[kind][name] ?? (kind === "Connection" ? "`socket.conn`" : undefined);
  return title === undefined
    ? undefined
    : rowMeaning(rowOf(socketIoRows, title), "socket.io", bridgeNote(bridgeSections[kind], name));
}

/** What a listener for an event of the library becomes; `undefined` for any other event. */
export function socketIoEvent(kind: ObjectKind, event: string): UseMeaning | undefined {
  const title = eventTitles[kind]?.[event];
  return title === undefined
    ? undefined
    : rowMeaning(rowOf(socketIoRows, title), "socket.io", bridgeNote(bridgeSections[kind], event, true));
}

/** What another row says. */
export function socketIoRow(title: string, bridge: string | null = ""): UseMeaning {
  return rowMeaning(rowOf(socketIoRows, title), "socket.io", bridge);
}

/** What an option of the server becomes; `undefined` for an unknown one. */
export function socketIoOption(name: string): UseMeaning | undefined {
  const row = socketIoRows.find(([title]) => isOptionOf(title, name));
  return row === undefined ? undefined : rowMeaning(row, "socket.io", bridgeNote("options", name));
}

function isOptionOf(title: string, name: string): boolean {
  // A call of the same name, such as `io.path()`, is no option; `allowRequest(req, callback)` is one.
  return title.split(", `").some((part) => withoutCode(part).split("(", 1)[0] === name);
}

/** Packages around Socket.IO: what takes their place. */
const packageTitles: readonly (readonly [pattern: RegExp, row: string])[] = [
  [/^@socket\.io\/admin-ui$/, "`instrument(io, options)`"],
  [/^@socket\.io\/(?:.*-adapter|.*-emitter|sticky)$/, "adapters (Redis"],
  [/^socket\.io-(?:redis|adapter|emitter|mongo.*)$/, "adapters (Redis"],
  [/^socket\.io-msgpack-parser$/, "`parser`"],
];

/** What a package of the server side becomes; `undefined` for any other package. */
export function socketIoPackage(name: string): UseMeaning | undefined {
  const found = packageTitles.find(([pattern]) => pattern.test(name));
  if (found === undefined) return undefined;
  const row = (bridgeRows.packages ?? []).find(([title]) => title.includes(name));
  const others = (bridgeRows.packages ?? []).find(([title]) => title.includes("MongoDB"));
  const isParser = name.endsWith("parser");
  const note = row?.[1] ?? (isParser ? bridgeNote("options", "parser") : (others?.[1] ?? ""));
  return rowMeaning(rowOf(socketIoRows, found[1]), "socket.io", withoutCode(note));
}

/** How a name, or an event, differs on the bridge; empty for not at all. */
function bridgeNote(section: string, name: string, isEvent = false): string {
  const rows = bridgeRows[section] ?? [];
  const [, here, note = ""] =
    rows.find(([title]) => title.startsWith("event") === isEvent && namesOf(title).includes(name)) ?? [];
  const text = withoutCode(note);
  return here === "refused" ? `not there: ${text}` : text;
}

/** The single names in the title of a row. */
function namesOf(title: string): string[] {
  return [...title.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name);
}

/** Titles of all rows that names lead to, for the test that holds them to the pages. */
export function usedTitles(): string[] {
  const byName = [...Object.values(titles), ...Object.values(eventTitles)].flatMap((each) =>
    Object.values(each),
  );
  return [...new Set([...byName, ...packageTitles.map(([, title]) => title)])];
}
