/**
 * The whole server API of socket.io 4.8, as the bridge has it. The tables of docs/reference/socket-io.md are
 * made of this list: `npx tsx test/compat/api/write-page.ts` writes them.
 */

import { refusedNames } from "../../../src/compat/refusals/refused-names.ts";

/** Names of one kind. Without `differs`, `refused` or `added`, they are the same in both. */
export interface ApiRow {
  /** Names of members; of events, such as `event disconnect`. */
  readonly names: readonly string[];
  /** The programs that use these names on both servers, which then see the same. */
  readonly shownBy: readonly string[];
  /** The difference to socket.io. */
  readonly differs?: string;
  /** Why the bridge does not have it, or what to do in its place. */
  readonly refused?: string;
  /** What it is, where socket.io does not have it. */
  readonly added?: string;
}

/** The methods of an emitter. */
const emitter = [
  "on",
  "once",
  "off",
  "emit",
  "setMaxListeners",
  "getMaxListeners",
  "addListener",
  "prependListener",
  "prependOnceListener",
  "removeListener",
  "removeAllListeners",
  "listeners",
  "rawListeners",
  "listenerCount",
  "eventNames",
];

/** Methods that throw an error with what to do in their place. */
function refused(kind: keyof typeof refusedNames): readonly ApiRow[] {
  const rows = new Map<string, string[]>();
  for (const [name, advice] of Object.entries(refusedNames[kind]))
    rows.set(advice, [...(rows.get(advice) ?? []), name]);
  return [...rows].map(([advice, names]) => ({ names, shownBy: [], refused: advice }));
}

/** The rows by the class, or `Options`. */
export const apiTable: Readonly<Record<string, readonly ApiRow[]>> = {
  Server: [
    {
      names: ["sockets", "of", "use", "event connect", "event connection", "event new_namespace"],
      shownBy: ["namespaces of their own", "Passport, in middleware of the namespace", "reserved names"],
    },
    { names: emitter, shownBy: ["the methods of an emitter", "a client that leaves"] },
    {
      names: ["send", "write", "to", "in", "except", "compress", "volatile", "local", "timeout"],
      shownBy: [
        "broadcasts of the server",
        "an operator sends, lists and moves",
        "broadcasts with acknowledgements",
      ],
    },
    {
      names: ["fetchSockets", "allSockets", "socketsJoin", "socketsLeave", "disconnectSockets"],
      shownBy: ["lists of clients", "an operator sends, lists and moves", "disconnecting several clients"],
    },
    {
      names: ["serverSideEmit", "serverSideEmitWithAck"],
      shownBy: ["a server without others"],
      differs:
        "go over the adapter where there is one, and else over Roomcast's message queue. With one process and no adapter, the promise resolves to an empty list; in socket.io it never settles",
    },
    {
      names: ["adapter"],
      shownBy: ["an adapter in memory, named"],
      differs:
        "takes the adapters in memory and [the classic one for Redis](#adapters-and-other-packages); without one, returns the class of `namespace.adapter`",
    },
    {
      names: ["attach", "listen"],
      shownBy: [
        "another path, and listening later",
        "listening by another name, and events between servers that are alone",
      ],
    },
    {
      names: ["close"],
      shownBy: ["the end of the server"],
      differs:
        "clients on long polling see `transport close`, not `transport error`; it waits up to 5 s for listeners that still run",
    },
    {
      names: ["path", "serveClient", "connectTimeout"],
      shownBy: ["another path, and listening later"],
      differs: "set them before the server is attached",
    },
    {
      names: ["engine"],
      shownBy: ["a client of namespaces alone"],
      differs: "exists before the server is attached",
    },
    { names: ["httpServer"], shownBy: ["another path, and listening later"] },
    {
      names: ["roomcast"],
      shownBy: [],
      added:
        "the same server as a `SocketIO`. The options can no longer change once you read it, or once the server is attached",
    },
    ...refused("Server"),
  ],
  Namespace: [
    {
      names: ["name", "server", "sockets", "event connect", "event connection"],
      shownBy: ["namespaces of their own"],
    },
    {
      names: ["use"],
      shownBy: ["clients of Socket.IO 2 and 3"],
      differs:
        "a function that throws or rejects refuses the client, and the error is reported; in socket.io it ends the process",
    },
    {
      names: [...emitter.filter((name) => !["emit"].includes(name))],
      shownBy: ["the methods of an emitter"],
    },
    {
      names: ["emit", "send", "write", "to", "in", "except", "compress", "volatile", "local", "timeout"],
      shownBy: ["a namespace sends, lists and moves", "broadcasts of the server"],
    },
    {
      names: ["fetchSockets", "allSockets", "socketsJoin", "socketsLeave", "disconnectSockets"],
      shownBy: ["a namespace sends, lists and moves"],
    },
    {
      names: ["serverSideEmit", "serverSideEmitWithAck"],
      shownBy: ["events between servers"],
      differs: "as those of the server",
    },
    { names: ["adapter"], shownBy: ["a client that leaves"], differs: "to be read; [see below](#adapter)" },
  ],
  ParentNamespace: [
    {
      names: ["emit", "fetchSockets", "createChild"],
      shownBy: [
        "a child of a rule, made before its first client",
        "errors of what is not allowed",
        "namespaces that a pattern allows",
      ],
    },
  ],
  Socket: [
    {
      names: ["id"],
      shownBy: ["a chat"],
      differs: "begins with `sid~`; a client of Socket.IO 2 has a different `id` on its side",
    },
    {
      names: [...emitter.filter((name) => !["emit"].includes(name))],
      shownBy: ["the methods of an emitter"],
      differs:
        "every listener runs, even if one before it throws. Listeners run as soon as the event is read, so an event that arrives right before a disconnection is handled; socket.io loses it",
    },
    {
      names: [
        "onAny",
        "prependAny",
        "offAny",
        "listenersAny",
        "onAnyOutgoing",
        "prependAnyOutgoing",
        "offAnyOutgoing",
        "listenersAnyOutgoing",
      ],
      shownBy: [
        "listeners of what is sent",
        "a socket sends, and stops listening to all",
        "several listeners of an event, in their order",
      ],
    },
    {
      names: ["emit", "emitWithAck", "send", "write", "timeout", "compress"],
      shownBy: [
        "acknowledgements of events of the server",
        "events with arguments of every kind",
        "a socket sends, and stops listening to all",
      ],
    },
    {
      names: ["volatile"],
      shownBy: ["a volatile event to a client that takes it"],
      differs:
        "the event is dropped if the client cannot take it, but not because another event goes out at the same moment",
    },
    {
      names: ["to", "in", "except", "broadcast", "local"],
      shownBy: ["a socket sends, and stops listening to all", "a client that leaves"],
    },
    {
      names: ["join", "leave", "rooms"],
      shownBy: ["lists of clients"],
      differs:
        'names become strings: `join(5)` is `join("5")`. A client cannot join the room of another client\'s id',
    },
    { names: ["use", "event error"], shownBy: ["middleware of a socket"] },
    {
      names: ["data"],
      shownBy: ["a namespace sends, lists and moves"],
      differs:
        "the same object as `request.publicData` in Roomcast's handlers. With `connectionStateRecovery`, an object that you assign to it is copied",
    },
    {
      names: ["handshake", "request", "conn", "client", "nsp", "server"],
      shownBy: [
        "the handshake and the request",
        "a child of a rule, made before its first client",
        "the methods of an emitter",
      ],
    },
    {
      names: ["connected", "disconnected", "recovered"],
      shownBy: ["middleware before a client is accepted", "clients that come back with their state"],
    },
    { names: ["disconnect"], shownBy: ["clients of Socket.IO 2 and 3"] },
    {
      names: ["event disconnecting", "event disconnect"],
      shownBy: ["a client that leaves"],
      differs:
        "Roomcast's additional reasons become the nearest one of socket.io; the second argument is an `Error` with Roomcast's own reason",
    },
  ],
  BroadcastOperator: [
    {
      names: ["to", "in", "except", "compress", "volatile", "local", "timeout", "emit"],
      shownBy: ["an operator sends, lists and moves"],
    },
    {
      names: ["emitWithAck"],
      shownBy: ["a namespace sends, lists and moves"],
      differs: "may reject before the time is over: when every client has answered or left",
    },
    {
      names: ["fetchSockets", "allSockets", "socketsJoin", "socketsLeave", "disconnectSockets"],
      shownBy: ["an operator sends, lists and moves"],
    },
  ],
  RemoteSocket: [
    {
      names: ["id", "rooms", "data", "timeout", "emit", "join", "leave", "disconnect"],
      shownBy: ["clients of another server"],
    },
    {
      names: ["handshake"],
      shownBy: ["clients of another server"],
      differs:
        "without `auth`, and without secrets in headers and query: they stay in the process of the client",
    },
  ],
  Client: [{ names: ["id", "conn", "request", "sockets"], shownBy: ["the client below its sockets"] }],
  Handshake: [
    {
      names: ["headers", "time", "address", "xdomain", "secure", "issued", "url", "query", "auth"],
      shownBy: ["the handshake and the request"],
    },
  ],
  Engine: [
    { names: ["clientsCount", "httpServer"], shownBy: ["the engine, and closing it"] },
    {
      names: ["generateId"],
      shownBy: ["the engine, and closing it"],
      differs: "ids consist of letters, digits, `_`, `.` and `-`",
    },
    { names: ["opts"], shownBy: ["the engine, and closing it"], differs: "to be read" },
    {
      names: ["use"],
      shownBy: ["cookies of middleware beside that of the connection"],
      differs: "works over HTTP/2 too; WebSockets then need HTTP/1.1",
    },
    { names: ["close"], shownBy: ["the engine, and closing it"] },
    { names: ["event connection"], shownBy: ["a connection that joins no namespace in time"] },
    {
      names: ["event initial_headers", "event headers"],
      shownBy: ["header fields of answers"],
      differs: "emitted before the handshake is accepted or refused",
    },
    { names: ["event connection_error"], shownBy: ["requests that are refused"] },
    { names: emitter, shownBy: ["the methods of an emitter"] },
    ...refused("Engine"),
  ],
  Connection: [
    {
      names: [
        "id",
        "protocol",
        "request",
        "remoteAddress",
        "transport",
        "readyState",
        "upgrading",
        "upgraded",
        "close",
      ],
      shownBy: ["the connection, its transport and its messages", "the handshake and the request"],
    },
    {
      names: [
        "event close",
        "event data",
        "event drain",
        "event flush",
        "event heartbeat",
        "event message",
        "event packet",
        "event packetCreate",
        "event upgrade",
      ],
      shownBy: [
        "the connection, its transport and its messages",
        "connections and their packets",
        "the change of a connection to WebSocket",
      ],
    },
    { names: emitter, shownBy: ["the methods of an emitter"] },
    ...refused("Connection"),
  ],
  Transport: [
    {
      names: ["name", "protocol", "readyState", "writable"],
      shownBy: ["the connection, its transport and its messages"],
    },
    {
      names: ["sid"],
      shownBy: ["the connection, its transport and its messages"],
      differs: "the id of the connection; in socket.io, WebSockets have none",
    },
    ...refused("Transport"),
  ],
  Adapter: [
    {
      names: ["nsp", "sockets", "socketRooms", "serverCount"],
      shownBy: ["the adapter, to be asked", "rooms as the adapter shows them, and their events"],
    },
    {
      names: ["rooms", "sids"],
      shownBy: ["rooms as the adapter shows them, and their events"],
      differs: "maps to be read, with the rooms of ids first; each look-up gives a copy of the set",
    },
    {
      names: ["event create-room", "event delete-room", "event join-room", "event leave-room"],
      shownBy: ["rooms as the adapter shows them, and their events"],
    },
    { names: emitter, shownBy: ["the methods of an emitter"] },
    ...refused("Adapter"),
  ],
  Options: [
    {
      names: [
        "path",
        "serveClient",
        "connectTimeout",
        "pingInterval",
        "pingTimeout",
        "upgradeTimeout",
        "allowUpgrades",
        "allowEIO3",
        "cleanupEmptyChildNamespaces",
        "cookie",
      ],
      shownBy: [
        "a client that does not answer",
        "another path, and listening later",
        "a change to WebSocket that takes too long",
        "a connection that joins no namespace in time",
        "clients of Socket.IO 2 and 3",
        "cookies of middleware beside that of the connection",
        "namespaces that end with their last client",
        "no change to WebSocket",
      ],
    },
    {
      names: ["maxHttpBufferSize"],
      shownBy: ["a message that is too large"],
      differs: "over long polling, the reason of the disconnection is `transport error`",
    },
    {
      names: ["cors"],
      shownBy: ["pages of any origin, decided by a function"],
      differs:
        "as in socket.io, it applies to long polling only, and WebSockets are open to pages of every origin. `anyWebSocketOrigin: false` applies Roomcast's [rule](../decisions/0007-same-origin-rule.md) to them, and the log says so once at start",
    },
    {
      names: ["allowRequest"],
      shownBy: ["requests that are refused"],
      differs: "the client does not see the text of its error",
    },
    {
      names: ["transports"],
      shownBy: ["WebSocket alone"],
      differs: "an error for `webtransport`, which Roomcast does not have",
    },
    {
      names: ["parser"],
      shownBy: ["a parser of the program's own"],
      differs:
        "modules with `Encoder` and `Decoder`; Roomcast's own codecs replace the default parser and `socket.io-msgpack-parser`. In MessagePack, `undefined` becomes `null`, as in JSON",
    },
    {
      names: ["connectionStateRecovery"],
      shownBy: ["clients that come back with their state"],
      differs: "turns on [`recovery`](options.md#recovery)",
    },
    {
      names: ["adapter"],
      shownBy: ["an adapter in memory, named"],
      differs: "[see below](#adapters-and-other-packages)",
    },
    {
      names: ["perMessageDeflate"],
      shownBy: ["compressed messages"],
      differs:
        "of its object, only `threshold` and `zlibDeflateOptions.level` count. A message is compressed once for all that get it, without context takeover",
    },
    {
      names: ["httpCompression"],
      shownBy: ["compressed answers"],
      differs:
        "of its object, only `threshold` counts. Answers that hold a secret of the client are not compressed",
    },
    {
      names: ["addTrailingSlash"],
      shownBy: ["a path without a slash at its end"],
      differs: "no effect: both paths work",
    },
    {
      names: ["destroyUpgrade", "destroyUpgradeTimeout"],
      shownBy: ["a change to another protocol that the program does not know"],
      differs: "no effect: requests for other protocols, which nothing takes, are answered as ordinary ones",
    },
    {
      names: ["wsEngine"],
      shownBy: [],
      refused: "an error: Roomcast reads and writes WebSockets itself",
    },
    {
      names: ["initialPacket"],
      shownBy: [],
      refused: "no effect, and a warning: emit it in a `connection` listener",
    },
    {
      names: ["maxOutgoingBytes", "maxRooms", "maxRoomLength"],
      shownBy: [],
      added:
        "limits that Socket.IO does not have. The defaults are higher than those of `SocketIO`: 64 MiB, 100 000 and 1024",
    },
  ],
};
