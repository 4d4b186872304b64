/**
 * What JavaScript passes by mistake, to every public function: it is an error that names the function, and
 * nothing is done. A call that means something else than its caller meant is worse than one that fails.
 */

import express from "express";
import fastify from "fastify";
import Koa from "koa";
import * as roomcast from "roomcast";
import {
  bindContext,
  bufferedBytes,
  type Contract,
  call,
  callAll,
  closeRoom,
  disconnect,
  drained,
  emit,
  expireAt,
  fastifySession,
  honoSessions,
  ironSession,
  joinRoom,
  koaSession,
  leaveRoom,
  Namespace,
  rooms,
  SocketIO,
  send,
} from "roomcast";
import { describe, expect, it } from "vitest";
import { refuseOldMethods } from "../../src/app/old-methods.ts";
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

const targets = ["to", "sid", "except", "skipSid"];

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

/**
 * The methods of a namespace's handle that act on clients: those of the server, but for the choice of a
 * namespace.
 */
const fromHandle: readonly PublicFunction[] = fromAnywhere.map(({ call, ...subject }) => ({
  ...subject,
  hasNamespace: false,
  call: (options, socketio) => call(options, socketio.namespace("/") as never),
}));

/** Those of a class namespace. */
const fromClass: readonly PublicFunction[] = fromAnywhere.map(({ call, ...subject }) => ({
  ...subject,
  call(options, socketio) {
    const chat = new Namespace<Contract>("/chat");
    socketio.onNamespace(chat);
    return call(options, chat as never);
  },
}));

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
  entry("onAccepted()", (options, socketio) => socketio.onAccepted(() => {}, options)),
  entry("onPresence()", (options, socketio) => socketio.onPresence("user:", options)),
  entry("run()", (options, socketio) => socketio.run(options), false),
  entry("drain()", (options, socketio) => socketio.drain(options), false),
  entry("metrics()", (options, socketio) => socketio.metrics(options), false),
  entry("instrument()", (options, socketio) => socketio.instrument(options), false),
  entry("dashboard()", (options, socketio) => socketio.dashboard(options), false),
  entry("testClient()", (options, socketio) => socketio.testClient(options), false),
  entry("fastifySession()", (options) => fastifySession({ hasDecorator: () => true }, options), false),
  entry("servers.emit()", (options, socketio) => socketio.servers.emit("e", 1, options), false),
  entry("servers.callAll()", (options, socketio) => socketio.servers.callAll("e", 1, options), false),
];

/** Values that are not options. */
const others: readonly [string, unknown][] = [
  ["null", null],
  ["5", 5],
  ['"text"', "text"],
  ["true", true],
  ["a function", () => {}],
  ["[]", []],
  ["a Map", new Map()],
  ["a Date", new Date()],
];

/** The error that a call ends in, in whatever way. */
async function errorOf(run: () => unknown): Promise<Failure> {
  try {
    await run();
  } catch (error) {
    return error as Failure;
  }
  throw new Error("It was taken.");
}

interface Failure {
  readonly code?: string;
  readonly message: string;
}

/** The errors of calls in a handler, one for each of several options. */
async function errorsInHandler({ call }: PublicFunction, given: readonly unknown[]): Promise<Failure[]> {
  const { socketio } = portlessServer<Contract>();
  const client = await joinedClient(socketio);
  const errors: Promise<Failure>[] = [];
  socketio.on("go", () => {
    for (const options of given) errors.push(errorOf(() => call(options as never, socketio)));
  });
  await client.emit("go");
  const found = await Promise.all(errors);
  expect(client.isConnected()).toBe(true);
  expect(client.received()).toEqual([]);
  return found;
}

/** The errors of calls outside of handlers. */
async function errorsOutside({ call }: PublicFunction, given: readonly unknown[]): Promise<Failure[]> {
  const { socketio } = portlessServer<Contract>();
  const client = await joinedClient(socketio);
  const found: Failure[] = [];
  for (const options of given) found.push(await errorOf(() => call(options as never, socketio)));
  await client.idle();
  expect(client.isConnected()).toBe(true);
  expect(client.received()).toEqual([]);
  return found;
}

const places = [
  ["ambient", ambient, errorsInHandler],
  ["server's", fromAnywhere, errorsOutside],
  ["namespace handle's", fromHandle, errorsOutside],
  ["class namespace's", fromClass, errorsOutside],
  ["server's own", setUp, errorsOutside],
] as const;

describe.each(places)("each %s function", (_place, functions, fail) => {
  it.each(functions)("refuses values that are not options, and unknown names: $name", async (subject) => {
    const errors = await fail(
      subject,
      others.map(([, options]) => options),
    );
    expect(errors).toEqual(
      others.map(([what]) =>
        expect.objectContaining({
          code: "ERR_OPTION",
          message: expect.stringContaining(`${subject.name} takes its options as an object, not ${what}.`),
        }),
      ),
    );
    const [error] = await fail(subject, [{ xylophone: 1 }]);
    expect(error?.code).toBe("ERR_OPTION");
    expect(error?.message).toContain(`${subject.name} has no option "xylophone".`);
  });

  it.each(functions.filter(({ hasNamespace }) => hasNamespace))(
    "refuses a namespace without its slash, and one that is undefined: $name",
    async (subject) => {
      const names = ["chat", "/a,b", 5, null];
      const errors = await fail(
        subject,
        names.map((namespace) => ({ namespace })),
      );
      expect(errors.map(({ code }) => code)).toEqual(names.map(() => "ERR_NAMESPACE"));
      expect(await fail(subject, [{ namespace: undefined }])).toEqual([missing("namespace", subject)]);
    },
  );

  it.each(functions.filter(({ naming }) => naming.length > 0))(
    "refuses a client's name that is undefined, and reaches no client: $name",
    async (subject) => {
      const { naming } = subject;
      expect(
        await fail(
          subject,
          naming.map((option) => ({ [option]: undefined })),
        ),
      ).toEqual(naming.map((option) => missing(option, subject)));
      const errors = await fail(
        subject,
        naming.map((option) => ({ [option]: null })),
      );
      expect(errors.map(({ code }) => code)).toEqual(naming.map(() => "ERR_ROOM"));
    },
  );
});

/** The error of an option that names clients or a namespace and is undefined. */
function missing(option: string, { name }: PublicFunction) {
  return expect.objectContaining({
    code: "ERR_OPTION",
    message: expect.stringContaining(`The option "${option}" of ${name} is undefined.`),
  });
}

describe("a namespace's handle", () => {
  it.each(fromHandle)("has its namespace, and takes no other: $name", async (subject) => {
    const names = ["/attic", "/"];
    const errors = await errorsOutside(
      subject,
      names.map((namespace) => ({ ...(subject.name === "closeRoom()" ? {} : { sid: "sid" }), namespace })),
    );
    expect(errors).toEqual(
      names.map((name) =>
        expect.objectContaining({
          code: "ERR_OPTION",
          message: expect.stringContaining(`use socketio.namespace("${name}")`),
        }),
      ),
    );
  });
});

describe("a call as other libraries have it", () => {
  const socketio = new SocketIO();
  const wrong = (value: unknown) => value as never;

  it.each<[string, () => unknown, string]>([
    ["run(5177)", () => socketio.run(wrong(5177)), "Did you mean { port: 5177 }?"],
    ["run(host)", () => socketio.run(wrong("0.0.0.0")), 'Did you mean { host: "0.0.0.0" }?'],
    ["run(app)", () => socketio.run(wrong(express())), "new SocketIO(app)"],
    ["run(a Koa app)", () => socketio.run(wrong(new Koa())), "new SocketIO(app)"],
    ["run(a Fastify app)", () => socketio.run(wrong(fastify())), "new SocketIO(app)"],
    ["run({ cors })", () => socketio.run(wrong({ cors: {} })), '"cors" is an option of new SocketIO().'],
    ["run({ ssl_context })", () => socketio.run(wrong({ ssl_context: {} })), 'Did you mean "tls"?'],
    [
      "run({ signals: { timout } })",
      () => socketio.run(wrong({ signals: { timout: 5 } })),
      'Did you mean "timeout"?',
    ],
    ["initApp(app, options)", () => socketio.initApp(express(), wrong({})), "new SocketIO({ … })"],
    ["drain(5000)", () => socketio.drain(wrong(5000)), "Did you mean { timeout: 5000 }?"],
    ["new SocketIO({ port })", () => new SocketIO(wrong({ port: 1 })), '"port" is an option of run().'],
    [
      "cors: { origins }",
      () => new SocketIO(wrong({ cors: { origins: "*" } })),
      'The option "cors" of new SocketIO() has no option "origins". Did you mean "origin"?',
    ],
    ["cors: {}", () => new SocketIO(wrong({ cors: {} })), "must be an object { origin, credentials,"],
    [
      "cors: { credentials }",
      () => new SocketIO(wrong({ cors: { credentials: true } })),
      "not { credentials }",
    ],
    [
      "cors: { origin: 5 }",
      () => new SocketIO(wrong({ cors: { origin: 5 } })),
      'The option "origin" of the option "cors" of new SocketIO() must be',
    ],
    [
      "recovery: { maxEvent }",
      () => new SocketIO(wrong({ recovery: { maxEvent: 5 } })),
      'Did you mean "maxEvents"?',
    ],
    ["relay: { hots }", () => new SocketIO(wrong({ relay: { hots: "a" } })), 'Did you mean "host"?'],
    [
      "a rate for a namespace without its slash",
      () => new SocketIO({ maxNamespaceEventsPerSecond: { chat: 5 } }),
      'such as { "/chat": 20 }, not { chat }',
    ],
    ["joinRoom(room)", () => socketio.joinRoom("r", wrong(undefined)), "joinRoom() needs the clients"],
    ["leaveRoom(room)", () => socketio.leaveRoom("r", wrong(undefined)), "leaveRoom() needs the clients"],
    ["joinRoom(room, sid)", () => socketio.joinRoom("r", wrong("sid")), 'Did you mean { sid: "sid" }?'],
    [
      "closeRoom(room, namespace)",
      () => socketio.closeRoom("r", wrong("/a")),
      'Did you mean { namespace: "/a" }?',
    ],
    ["disconnect()", () => socketio.disconnect(wrong(undefined)), "disconnect() needs the clients"],
    ["disconnect(true)", () => socketio.disconnect(wrong(true)), "Did you mean { close: true }?"],
    ["rooms()", () => socketio.rooms(wrong(undefined)), "rooms() needs the client: { sid }"],
    ["drained()", () => socketio.drained(wrong(undefined)), "drained() needs the client: { sid }"],
    ["bufferedBytes()", () => socketio.bufferedBytes(wrong(undefined)), "bufferedBytes() needs the client"],
    ["call(event)", () => socketio.call("e"), "call() needs the client to ask: { sid }"],
    ["call(…, { to, sid })", () => socketio.call("e", 1, { to: "a", sid: "a" }), "either { sid } or { to }"],
    [
      "call(…, { timeout: -1 })",
      () => socketio.call("e", 1, { sid: "a", timeout: -1 }),
      "a non-negative number (ms), not -1",
    ],
    ["call(…, { timeout: NaN })", () => socketio.call("e", 1, { sid: "a", timeout: Number.NaN }), "not NaN"],
    ["emit(event, 1, 2)", () => socketio.emit("e", 1, wrong(2)), "args(first, second)"],
    [
      "emit(event, 1, {}, 2)",
      () => Reflect.apply(socketio.emit, socketio, ["e", 1, {}, 2]),
      "args(first, second)",
    ],
    [
      "emit(event, 1, callback)",
      () =>
        socketio.emit(
          "e",
          1,
          wrong(() => {}),
        ),
      "{ callback }",
    ],
    [
      "emit(…, { callback: 5 })",
      () => socketio.emit("e", 1, { callback: wrong(5) }),
      "must be a function, not 5",
    ],
    ["servers.emit(event, 1, 2)", () => socketio.servers.emit("e", 1, wrong(2)), "args(first, second)"],
    ["servers.emit(…, { to })", () => socketio.servers.emit("e", 1, wrong({ to: "a" })), 'no option "to"'],
    ["sleep()", () => socketio.sleep(wrong(undefined)), "sleep() takes a number of ms, not undefined."],
    ["sleep(text)", () => socketio.sleep(wrong("5")), 'sleep() takes a number of ms, not "5".'],
    ["onPresence(options)", () => socketio.onPresence(wrong({ online() {} }), {}), "begin with"],
    ["honoSessions()", () => honoSessions(wrong(undefined)), "honoSessions() takes the options"],
    ["ironSession()", () => ironSession(wrong(undefined)), "ironSession() takes the options"],
    ["koaSession()", () => koaSession(wrong(undefined), wrong(undefined)), "koaSession() takes the app"],
    ["fastifySession()", () => fastifySession(wrong(undefined)), "fastifySession() takes a Fastify instance"],
  ])("%s gets a hint at the right call", async (_, mistake, meant) => {
    const { code, message } = await errorOf(mistake);
    expect(code).toBe("ERR_OPTION");
    expect(message).toContain(meant);
  });

  it.each<[string, () => unknown]>([
    ["on()", () => socketio.on("e", wrong("handler"))],
    ["event()", () => socketio.event(wrong("e"))],
    ["events() with a Map", () => socketio.events(wrong(new Map()))],
    ["events() with a function", () => socketio.events(wrong(() => {}))],
    ["events() with null", () => socketio.events(wrong(null))],
    ["use()", () => socketio.use(wrong("/chat"))],
    ["onError()", () => socketio.onError("/chat", wrong(undefined))],
    ["onErrorDefault()", () => socketio.onErrorDefault(wrong(null))],
    ["onRecoveryExpired()", () => socketio.onRecoveryExpired(wrong({}))],
    ["onOutgoing()", () => socketio.onOutgoing(wrong(5))],
    ["trace()", () => socketio.trace(wrong("all"))],
    ["startBackgroundTask()", () => socketio.startBackgroundTask(wrong(Promise.resolve()))],
    ["servers.on()", () => socketio.servers.on("e", wrong(undefined))],
    ["bindContext()", () => bindContext(wrong(undefined))],
    ["onNamespace()", () => socketio.onNamespace(wrong(Namespace))],
  ])("%s refuses a value that is not a function or class namespace", async (_, mistake) => {
    expect((await errorOf(mistake)).code).toBe("ERR_HANDLER");
  });

  it.each<[string, () => unknown]>([
    ["namespace()", () => socketio.namespace(wrong(undefined))],
    ["namespace(null)", () => socketio.namespace(wrong(null))],
    ["onNamespace()", () => socketio.onNamespace(new Namespace("chat"))],
    ["the option namespaces", () => new SocketIO({ namespaces: ["chat"] })],
    ["onError()", () => socketio.onError("chat", () => {})],
  ])("%s refuses what names no namespace", async (_, mistake) => {
    expect((await errorOf(mistake)).code).toBe("ERR_NAMESPACE");
  });
});

describe("a test client", () => {
  const wrong = (value: unknown) => value as never;

  it("refuses what names no namespace in the place of one", async () => {
    const { socketio } = portlessServer<Contract>();
    socketio.on("e", () => {});
    const client = await joinedClient(socketio);
    for (const namespace of ["chat", { token: "t" }, null, 5]) {
      for (const mistake of [
        () => client.connect(wrong(namespace)),
        () => client.emit("e", 1, wrong(namespace)),
        () => client.call("e", 1, wrong(namespace)),
        () => client.send("text", { namespace: wrong(namespace) }),
        () => client.disconnect(wrong(namespace)),
        () => client.received(wrong(namespace)),
        () => client.isConnected(wrong(namespace)),
        () => client.once("e", wrong(namespace)),
        () => client.sid(wrong(namespace)),
      ]) {
        expect([namespace, (await errorOf(mistake)).code]).toEqual([namespace, "ERR_NAMESPACE"]);
      }
    }
    expect(client.isConnected()).toBe(true);
  });

  it("refuses values that are not options of send()", async () => {
    const { socketio } = portlessServer<Contract>();
    const client = await joinedClient(socketio);
    for (const options of [null, "/chat", () => {}, { jsn: true }, { json: "yes" }]) {
      expect((await errorOf(() => client.send("text", wrong(options)))).code).toBe("ERR_OPTION");
    }
  });
});

describe("the tables of this test", () => {
  /**
   * Functions without options: their arguments are checked above, in the tests of what they are for, or by
   * nothing.
   */
  const withoutOptions = [
    ...["onError", "onErrorDefault", "onNamespace", "onOutgoing", "onRecoveryExpired", "trace"],
    ...["startBackgroundTask", "sleep", "stats", "stop", "attach", "initApp", "handlers", "bunHandlers"],
    ...["args", "bindContext", "refuse", "expressSession", "koaSession", "honoSessions", "ironSession"],
  ];
  const named = new Set(
    [...ambient, ...fromAnywhere, ...setUp]
      .map(({ name }) => name.replace(/\(\)$/, ""))
      .concat(withoutOptions),
  );

  it("hold every method of the server", () => {
    class Bare {}
    refuseOldMethods(Bare);
    const refused = new Set(Object.getOwnPropertyNames(Bare.prototype));
    const methods: string[] = [];
    for (let level = SocketIO.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level)))
        if (typeof value === "function" && name !== "constructor" && !refused.has(name)) methods.push(name);
    }
    expect(methods.length).toBeGreaterThan(30);
    expect(methods.filter((name) => !named.has(name))).toEqual([]);
  });

  it("hold every exported function", () => {
    const functions = Object.entries(roomcast).flatMap(([name, value]) =>
      typeof value === "function" && /^[a-z]/.test(name) ? [name] : [],
    );
    expect(functions.length).toBeGreaterThan(15);
    expect(functions.filter((name) => !named.has(name))).toEqual([]);
  });
});
