/**
 * What JavaScript passes by mistake, to every public function: it is an error that names the function, and nothing is
 * done. A call that means something else than its caller meant is worse than one that fails.
 */

import {
  bufferedBytes,
  type Contract,
  call,
  callAll,
  closeRoom,
  disconnect,
  drained,
  emit,
  expireAt,
  joinRoom,
  leaveRoom,
  rooms,
  SocketIO,
  send,
} from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, portlessServer } from "../support/portless-server.ts";

/** A call of a public function with options that no compiler has seen. */
type Call = (options: never, socketio: SocketIO<Contract>) => unknown;

interface PublicFunction {
  /** The function, as its errors name it. */
  readonly name: string;
  /** Whether it has the option `namespace`. */
  readonly hasNamespace: boolean;
  /** The options of its that name clients. */
  readonly naming: readonly string[];
  readonly call: Call;
}

const targets = ["to", "sid", "skipSid"];

const entry = (name: string, call: Call, hasNamespace = true, naming: readonly string[] = []) => ({
  name,
  call,
  hasNamespace,
  naming,
});

/** The functions that act for the client whose event is being handled. */
const ambient: readonly PublicFunction[] = [
  entry("emit()", (options) => emit("e", 1, options), true, targets),
  entry("send()", (options) => send("text", options), true, targets),
  entry("call()", (options) => call("e", 1, options), true, ["to", "sid"]),
  entry("callAll()", (options) => callAll("e", 1, options), true, targets),
  entry("joinRoom()", (options) => joinRoom("r", options), true, targets),
  entry("leaveRoom()", (options) => leaveRoom("r", options), true, targets),
  entry("closeRoom()", (options) => closeRoom("r", options)),
  entry("rooms()", (options) => rooms(options), true, ["sid"]),
  entry("bufferedBytes()", (options) => bufferedBytes(options), true, ["sid"]),
  entry("drained()", (options) => drained(options), true, ["sid"]),
  entry("disconnect()", (options) => disconnect(options), true, targets),
  entry("expireAt()", (options) => expireAt(null, options), false),
];

/** The methods of the server that act on clients. */
const fromAnywhere: readonly PublicFunction[] = [
  entry("emit()", (options, socketio) => socketio.emit("e", 1, options), true, targets),
  entry("send()", (options, socketio) => socketio.send("text", options), true, targets),
  entry("call()", (options, socketio) => socketio.call("e", 1, options), true, ["to", "sid"]),
  entry("callAll()", (options, socketio) => socketio.callAll("e", 1, options), true, targets),
  entry("joinRoom()", (options, socketio) => socketio.joinRoom("r", options), true, targets),
  entry("leaveRoom()", (options, socketio) => socketio.leaveRoom("r", options), true, targets),
  entry("closeRoom()", (options, socketio) => socketio.closeRoom("r", options)),
  entry("rooms()", (options, socketio) => socketio.rooms(options), true, ["sid"]),
  entry("bufferedBytes()", (options, socketio) => socketio.bufferedBytes(options), true, ["sid"]),
  entry("drained()", (options, socketio) => socketio.drained(options), true, ["sid"]),
  entry("sockets()", (options, socketio) => socketio.sockets(options), true, targets),
  entry("countClients()", (options, socketio) => socketio.countClients(options), true, targets),
  entry("disconnect()", (options, socketio) => socketio.disconnect(options), true, targets),
];

/** The methods of the server that set it up, and what it makes. */
const setUp: readonly PublicFunction[] = [
  entry("new SocketIO()", (options) => new SocketIO(null, options), false),
  entry("namespace()", (options, socketio) => socketio.namespace("/a", options), false),
  entry("on()", (options, socketio) => socketio.on("e", () => {}, options)),
  entry("onEvent()", (options, socketio) => socketio.onEvent("e", () => {}, options)),
  entry("event()", (options, socketio) => socketio.event(function e() {}, options)),
  entry("events()", (options, socketio) => socketio.events({ e() {} }, options)),
  entry("off()", (options, socketio) => socketio.off("e", options)),
  entry("use()", (options, socketio) => socketio.use((_context, next) => next(), options)),
  entry("onPresence()", (options, socketio) => socketio.onPresence("user:", options)),
  entry("run()", (options, socketio) => socketio.run(options), false),
  entry("drain()", (options, socketio) => socketio.drain(options), false),
  entry("testClient()", (options, socketio) => socketio.testClient(options), false),
  entry("servers.emit()", (options, socketio) => socketio.servers.emit("e", 1, options), false),
  entry("servers.callAll()", (options, socketio) => socketio.servers.callAll("e", 1, options), false),
];

/** What is no options. */
const others: readonly [string, unknown][] = [
  ["null", null],
  ["a number", 5],
  ["a text", "text"],
  ["true", true],
  ["a function", () => {}],
  ["an array", []],
  ["a Map", new Map()],
  ["a Date", new Date()],
];

/** The error that a call ends in, in whatever way. */
async function errorOf(run: () => unknown): Promise<{ code?: string; message: string }> {
  try {
    await run();
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error("It was taken.");
}

/** The error of a call in a handler. */
async function errorInHandler({ call }: PublicFunction, options: unknown) {
  const { socketio } = portlessServer<Contract>();
  const client = await joinedClient(socketio);
  let error: Promise<{ code?: string; message: string }> | undefined;
  socketio.on("go", () => {
    error = errorOf(() => call(options as never, socketio));
  });
  await client.emit("go");
  const found = await (error ?? errorOf(() => {}));
  expect(client.isConnected()).toBe(true);
  expect(client.received()).toEqual([]);
  return found;
}

/** The error of a call outside of handlers. */
async function errorOutside({ call }: PublicFunction, options: unknown) {
  const { socketio } = portlessServer<Contract>();
  const client = await joinedClient(socketio);
  const error = await errorOf(() => call(options as never, socketio));
  await client.idle();
  expect(client.isConnected()).toBe(true);
  expect(client.received()).toEqual([]);
  return error;
}

const places = [
  ["ambient", ambient, errorInHandler],
  ["server's", fromAnywhere, errorOutside],
  ["server's own", setUp, errorOutside],
] as const;

describe.each(places)("each %s function", (_place, functions, fail) => {
  it.each(functions)("refuses what is no options: $name", async (subject) => {
    for (const [what, options] of others) {
      const { code, message } = await fail(subject, options);
      expect([what, code]).toEqual([what, "ERR_OPTION"]);
      expect(message).toContain(`${subject.name} takes its options as an object, not `);
    }
  });

  it.each(functions)("refuses an option that does not exist: $name", async (subject) => {
    const { code, message } = await fail(subject, { xylophone: 1 });
    expect(code).toBe("ERR_OPTION");
    expect(message).toContain(`${subject.name} has no option "xylophone".`);
  });

  it.each(functions.filter(({ hasNamespace }) => hasNamespace))(
    "refuses a namespace without its slash, and one that is undefined: $name",
    async (subject) => {
      for (const namespace of ["chat", "/a,b", 5, null]) {
        const { code } = await fail(subject, { namespace });
        expect([namespace, code]).toEqual([namespace, "ERR_NAMESPACE"]);
      }
      expect(await fail(subject, { namespace: undefined })).toMatchObject({
        code: "ERR_OPTION",
        message: expect.stringContaining(`The option "namespace" of ${subject.name} is undefined.`),
      });
    },
  );

  it.each(functions.flatMap((subject) => subject.naming.map((option) => ({ ...subject, option }))))(
    "refuses the option $option where it is undefined, and reaches no client: $name",
    async ({ option, ...subject }) => {
      expect(await fail(subject, { [option]: undefined })).toMatchObject({
        code: "ERR_OPTION",
        message: expect.stringContaining(`The option "${option}" of ${subject.name} is undefined.`),
      });
      expect(await fail(subject, { [option]: null })).toMatchObject({ code: "ERR_ROOM" });
    },
  );
});
