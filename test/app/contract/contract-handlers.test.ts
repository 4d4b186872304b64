import { args, emit, refuse, request, type SocketIO, session, type TraceEvent } from "roomcast";
import { contract, event, type StandardSchema, type } from "roomcast/contract";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { plainClient, portlessServer } from "../../support/portless-server.ts";
import { deferred } from "../../support/waiting.ts";

const failed = {
  error: { code: "ERR_HANDLER_FAILED", message: "The server could not handle this event." },
};

const chat = contract({
  client: {
    say: event(z.object({ room: z.string(), text: z.string().transform((text) => text.trim()) }), {
      answer: z.literal("delivered"),
      errors: { muted: z.object({ until: z.number() }) },
    }),
    move: event([z.number(), z.number().optional()]),
    typing: event(z.string()),
    pair: event([], { answer: [z.string(), z.number()] }),
  },
  server: { said: event(z.object({ text: z.string() })) },
  errors: { unauthorized: type() },
});

/** A schema of which a test decides when it answers, and how. */
function schemaOf<Value>(check: (value: unknown) => unknown): StandardSchema<Value> {
  return { "~standard": { version: 1, vendor: "test", validate: check as never } };
}

function refusals(socketio: Pick<SocketIO, "trace">): TraceEvent[] {
  const events: TraceEvent[] = [];
  socketio.trace((traced) => {
    if (traced.type === "event refused" || traced.type === "answer refused") events.push(traced);
  });
  return events;
}

describe("an event of a client", () => {
  it("reaches its handler as the schema made it", async () => {
    const { socketio } = portlessServer({ contract: chat });
    const got: unknown[] = [];
    socketio.on("say", (message) => {
      got.push(message, request.event.args);
      return "delivered";
    });
    socketio.on("move", (...values) => {
      got.push(values);
    });
    const client = await plainClient(socketio);
    expect(await client.call("say", { room: "tea", text: " hi ", more: 1 })).toBe("delivered");
    await client.emit("move", args(1, 2));
    await client.emit("move", 3);
    const message = { room: "tea", text: "hi" };
    expect(got).toEqual([message, [message], [1, 2], [3]]);
  });

  it("that does not fit is refused with its issues, and reaches nothing", async () => {
    const { socketio, log } = portlessServer({ contract: chat });
    const traced = refusals(socketio);
    const seen: string[] = [];
    socketio.use(async (context, next) => {
      seen.push(context.event);
      return next();
    });
    socketio.on("say", () => "delivered");
    const client = await plainClient(socketio);
    const issues = [{ message: expect.stringContaining("expected string"), path: ["text"] }];
    expect(await client.call("say", { room: "tea", text: 5 })).toEqual({
      error: {
        code: "ERR_INVALID_EVENT",
        message: "The values of this event do not fit its contract.",
        issues,
      },
    });
    await client.emit("say", args({ room: "tea", text: "hi" }, "more"));
    expect(seen).toEqual(["connect"]);
    expect(log.entries).toEqual([]);
    const where = { type: "event refused", namespace: "/", sid: client.sid(), event: "say" };
    expect(traced).toEqual([
      { ...where, code: "ERR_INVALID_EVENT", issues },
      {
        ...where,
        code: "ERR_INVALID_EVENT",
        issues: [{ message: "Too many arguments: expected 1, received 2", path: [1] }],
      },
    ]);
  });

  it.each(["nothing", "constructor", "__proto__"])(
    "that the contract does not have is refused: %s",
    async (name) => {
      const { socketio } = portlessServer({ contract: chat });
      socketio.on("*", () => "handled");
      expect(await (await plainClient(socketio)).call(name)).toEqual({
        error: { code: "ERR_UNKNOWN_EVENT", message: "The contract has no event of this name." },
      });
    },
  );

  it("is counted where it is refused, without a label of the client's making", async () => {
    const { socketio } = portlessServer({ contract: chat, metrics: true });
    socketio.on("say", ({ text }) => {
      if (text === "no") throw refuse("muted", { until: 5 });
      return "delivered";
    });
    const client = await plainClient(socketio);
    for (const text of ["no", "no", 5]) await client.emit("say", { room: "tea", text });
    await client.emit("made up", 1);
    const metric = (await socketio.metrics()).find(({ name }) => name === "roomcast_events_refused_total");
    expect(metric?.samples).toEqual([
      { labels: { namespace: "/", event: "_OTHER", reason: "unknown" }, value: 1 },
      { labels: { namespace: "/", event: "say", reason: "refused" }, value: 2 },
      { labels: { namespace: "/", event: "say", reason: "invalid" }, value: 1 },
    ]);
  });

  it("has no more issues than the option says", async () => {
    const many = contract({ client: { list: event(z.array(z.number())) } });
    const { socketio } = portlessServer({ contract: many, maxIssues: 2 });
    const answer = await (await plainClient(socketio)).call("list", ["a", "b", "c"]);
    expect(answer).toMatchObject({ error: { issues: [{ path: [0] }, { path: [1] }] } });
  });

  it("fails like one whose handler throws where a schema does, and tells the client nothing", async () => {
    const secret = new Error("the password is hunter2");
    const broken = contract({
      client: {
        broken: event(
          schemaOf(() => {
            throw secret;
          }),
        ),
        late: event(schemaOf(async () => Promise.reject(secret))),
        strange: event(schemaOf(() => undefined)),
      },
    });
    const { socketio } = portlessServer({ contract: broken });
    const errors: unknown[] = [];
    const names: string[] = [];
    socketio.onError((error) => {
      names.push(request.event.name);
      errors.push(error);
    });
    const client = await plainClient(socketio);
    expect(await client.call("broken", 1)).toEqual(failed);
    expect(await client.call("late", 1)).toEqual(failed);
    expect(await client.call("strange", 1)).toEqual(failed);
    expect(names).toEqual(["broken", "late", "strange"]);
    expect(errors).toEqual([secret, secret, expect.any(TypeError)]);
  });

  it("fails where a schema gives no result in time, and others go on", async () => {
    const hanging = contract({
      client: {
        hang: event(schemaOf(() => new Promise(() => {}))),
        go: event(z.string(), { answer: z.string() }),
      },
    });
    const { socketio, log } = portlessServer({ contract: hanging, validationTimeout: 20 });
    socketio.on("go", (text) => text);
    const [client, other] = [await plainClient(socketio), await plainClient(socketio)];
    const answers = Promise.all([client.call("hang", 1), client.call("go", "a")]);
    expect(await other.call("go", "b")).toBe("b");
    expect(await answers).toEqual([failed, "a"]);
    expect(log.errors).toMatchObject([
      {
        code: "ERR_CONTRACT",
        message: 'The schema of the event "hang" gave no result within 20 ms (validationTimeout).',
      },
    ]);
  });
});

describe("schemas that answer later", () => {
  function slowServer() {
    const gates = [deferred<void>(), deferred<void>()];
    let count = 0;
    const slow = contract({
      client: {
        slow: event(
          schemaOf<string>(async (value) => {
            count += 1;
            await gates[count - 1]?.promise;
            return { value: `checked ${value}` };
          }),
        ),
        fast: event(z.string()),
      },
    });
    const { socketio } = portlessServer({ contract: slow });
    const order: string[] = [];
    socketio.on("slow", (text) => {
      order.push(text);
    });
    socketio.on("fast", (text) => {
      order.push(text);
    });
    socketio.on("disconnect", () => {
      order.push("disconnect");
    });
    return { socketio, order, gates };
  }

  it("keep the order of a client's events, and hold up no other client", async () => {
    const { socketio, order, gates } = slowServer();
    const [client, other] = [await plainClient(socketio), await plainClient(socketio)];
    const sent = [
      client.emit("slow", "1"),
      client.emit("fast", "2"),
      client.emit("slow", "3"),
      client.emit("fast", "4"),
    ];
    const others = other.emit("fast", "other");
    await expect.poll(() => order).toEqual(["other"]);
    gates[0]?.resolve();
    await expect.poll(() => order).toEqual(["other", "checked 1", "2"]);
    gates[1]?.resolve();
    await Promise.all([...sent, others]);
    expect(order).toEqual(["other", "checked 1", "2", "checked 3", "4"]);
  });

  it("have the disconnect handler wait for what came before", async () => {
    const { socketio, order, gates } = slowServer();
    const client = await plainClient(socketio);
    const sent = client.emit("slow", "1");
    const gone = client.disconnect();
    gates[0]?.resolve();
    await Promise.all([sent, gone]);
    expect(order).toEqual(["checked 1", "disconnect"]);
  });

  it("are bounded: a client that sends on and on is disconnected", async () => {
    const { socketio } = portlessServer({
      contract: contract({ client: { slow: event(schemaOf(() => new Promise(() => {}))) } }),
      maxWaitingBytes: 10_000,
      validationTimeout: 50,
      logger: { info() {}, warn() {}, error() {} },
    });
    const reasons: string[] = [];
    socketio.on("disconnect", (reason) => {
      reasons.push(reason);
    });
    const client = await plainClient(socketio);
    const sent = Array.from({ length: 20 }, () => client.emit("slow", "x".repeat(1000)).catch(() => {}));
    await Promise.all(sent);
    await expect.poll(() => reasons).toEqual(["too many waiting events"]);
  });

  it("let none through where a synchronous one of the same event fits at once", async () => {
    const mixed = contract({
      client: {
        name: event(
          z.string().refine(async (name) => name !== "taken", "taken"),
          { answer: z.string() },
        ),
      },
    });
    const { socketio } = portlessServer({ contract: mixed });
    socketio.on("name", (name) => name);
    const client = await plainClient(socketio);
    expect(await client.call("name", "free")).toBe("free");
    expect(await client.call("name", "taken")).toMatchObject({
      error: { code: "ERR_INVALID_EVENT", issues: [{ message: "taken", path: [] }] },
    });
    expect(await client.call("name", 5)).toMatchObject({ error: { code: "ERR_INVALID_EVENT" } });
  });
});

describe("an acknowledgement", () => {
  it("is empty where the contract has none", async () => {
    const { socketio } = portlessServer({ contract: chat });
    socketio.on("typing", () => "a secret");
    expect(await (await plainClient(socketio)).call("typing", "tea")).toBeUndefined();
  });

  it("that does not fit is the handler's error", async () => {
    const { socketio, log } = portlessServer({ contract: chat });
    socketio.on("say", () => "lost" as never);
    socketio.on("pair", () => args("a", "b") as never);
    const client = await plainClient(socketio);
    expect(await client.call("say", { room: "tea", text: "hi" })).toEqual(failed);
    expect(await client.call("pair")).toEqual(failed);
    expect(log.errors).toMatchObject([
      { code: "ERR_CONTRACT", message: expect.stringMatching(/^The acknowledgement of "say" does not fit/) },
      {
        code: "ERR_CONTRACT",
        message: expect.stringMatching(/"pair" does not fit the contract: 1: .*number/),
      },
    ]);
  });

  it("is not checked in production, unless validateOutgoing says so", async () => {
    for (const [validateOutgoing, answer] of [
      [false, "lost"],
      [true, failed],
    ] as const) {
      const { socketio } = portlessServer({ contract: chat, validateOutgoing });
      socketio.on("say", () => "lost" as never);
      expect(await (await plainClient(socketio)).call("say", { room: "tea", text: "hi" })).toEqual(answer);
    }
  });

  it("is sent as it is: schemas only check it", async () => {
    const changing = contract({
      client: {
        at: event([], { answer: z.string().transform(Number) }),
        later: event([], { answer: z.string().refine(async () => true) }),
      },
    });
    const { socketio } = portlessServer({ contract: changing });
    socketio.on("at", () => "5");
    socketio.on("later", () => "6");
    const client = await plainClient(socketio);
    expect([await client.call("at"), await client.call("later")]).toEqual(["5", "6"]);
  });

  it("of an event without a handler says so, whatever the contract", async () => {
    const { socketio } = portlessServer({ contract: chat });
    expect(await (await plainClient(socketio)).call("say", { room: "tea", text: "hi" })).toMatchObject({
      error: { code: "ERR_NO_HANDLER" },
    });
  });
});

describe("refuse()", () => {
  it("answers with its code and data, and is no error of the handler", async () => {
    const { socketio, log } = portlessServer({ contract: chat });
    const traced = refusals(socketio);
    const errors: unknown[] = [];
    socketio.onError((error) => errors.push(error));
    socketio.on("say", async ({ text }) => {
      throw text === "who" ? refuse("unauthorized") : refuse("muted", { until: 5 });
    });
    const client = await plainClient(socketio);
    const message = "The server refused this event.";
    expect(await client.call("say", { room: "tea", text: "hi" })).toEqual({
      error: { code: "muted", message, data: { until: 5 } },
    });
    expect(await client.call("say", { room: "tea", text: "who" })).toEqual({
      error: { code: "unauthorized", message },
    });
    expect([errors, log.entries]).toEqual([[], []]);
    expect(traced).toMatchObject([{ code: "muted", issues: [] }, { code: "unauthorized" }]);
  });

  it("works in middleware and without a contract", async () => {
    const { socketio } = portlessServer();
    socketio.use(({ event }, next) => {
      if (event === "banned") throw refuse("banned", 1);
      return next();
    });
    const client = await plainClient(socketio);
    expect(await client.call("banned")).toMatchObject({ error: { code: "banned", data: 1 } });
  });

  it("in a connect handler refuses the client", async () => {
    const { socketio } = portlessServer();
    socketio.on("connect", () => {
      throw refuse("full", { max: 5 });
    });
    await expect(plainClient(socketio)).rejects.toMatchObject({
      code: "ERR_CONNECTION_REFUSED",
      message: "Connection rejected by server",
      data: { code: "full", data: { max: 5 } },
    });
  });

  it.each<[string, () => Error, RegExp]>([
    ["a code that the contract does not name", () => refuse("other"), /"other" of "say".*does not name it/],
    ["data that does not fit", () => refuse("muted", { until: "soon" }), /"muted" of "say".*until: .*number/],
  ])("with %s fails", async (_what, make, message) => {
    const { socketio, log } = portlessServer({ contract: chat });
    socketio.on("say", () => {
      throw make();
    });
    expect(await (await plainClient(socketio)).call("say", { room: "tea", text: "hi" })).toEqual(failed);
    expect(log.errors).toMatchObject([{ code: "ERR_CONTRACT", message: expect.stringMatching(message) }]);
  });
});

describe("auth", () => {
  const guarded = contract({ auth: z.object({ token: z.string().transform((token) => token.length) }) });

  it("reaches the connect handler and request.auth as the schema made it", async () => {
    const { socketio } = portlessServer({ contract: guarded });
    const got: unknown[] = [];
    socketio.on("connect", (auth) => {
      got.push(auth.token, request.auth);
    });
    socketio.on("later", () => {
      got.push(request.auth);
    });
    const client = await plainClient(socketio, "/", { token: "four" });
    await client.emit("later");
    expect(got).toEqual([4, { token: 4 }, { token: 4 }]);
  });

  it("that does not fit refuses the client, before any handler", async () => {
    const { socketio, log } = portlessServer({ contract: guarded });
    socketio.on("connect", () => {
      throw new Error("must not run");
    });
    await expect(plainClient(socketio, "/", { token: 5 })).rejects.toMatchObject({
      code: "ERR_CONNECTION_REFUSED",
      data: { code: "ERR_INVALID_AUTH", issues: [{ path: ["token"] }] },
    });
    expect(log.entries).toEqual([]);
  });

  it("may be checked later, and fails closed", async () => {
    const late = contract({
      auth: z.object({ token: z.string().refine(async (token) => token === "good") }),
    });
    const { socketio } = portlessServer({ contract: late });
    await plainClient(socketio, "/", { token: "good" });
    await expect(plainClient(socketio, "/", { token: "bad" })).rejects.toMatchObject({
      data: { code: "ERR_INVALID_AUTH" },
    });
    const broken = portlessServer({
      contract: contract({
        auth: schemaOf(() => {
          throw new Error("broken");
        }),
      }),
    });
    await expect(plainClient(broken.socketio)).rejects.toMatchObject({
      message: "Connection rejected by server",
      data: undefined,
    });
    expect(broken.log.errors).toMatchObject([{ message: "broken" }]);
  });
});

describe("a contract", () => {
  it("is the server's, where a namespace has none of its own", async () => {
    const game = contract({ client: { roll: event(z.number(), { answer: z.number() }) } });
    const { socketio } = portlessServer({ contract: chat, namespaces: ["/plain", "/free", "/game"] });
    socketio.namespace("/game", { contract: game }).on("roll", (sides) => sides);
    socketio.namespace("/free", { contract: null });
    const unknown = { error: { code: "ERR_UNKNOWN_EVENT" } };
    expect(await (await plainClient(socketio, "/plain")).call("roll", 6, "/plain")).toMatchObject(unknown);
    expect(await (await plainClient(socketio, "/free")).call("roll", 6, "/free")).toMatchObject({
      error: { code: "ERR_NO_HANDLER" },
    });
    const player = await plainClient(socketio, "/game");
    expect([await player.call("roll", 6, "/game"), await player.call("say", 6, "/game")]).toEqual([
      6,
      { error: expect.objectContaining(unknown.error) },
    ]);
  });

  it("of a pattern holds for each namespace that matches", async () => {
    const { socketio } = portlessServer();
    socketio.namespace(/^\/room-/, { contract: chat }).on("say", () => "delivered");
    const client = await plainClient(socketio, "/room-5");
    expect(await client.call("say", { room: "tea", text: "hi" }, "/room-5")).toBe("delivered");
    expect(await client.call("say", 5, "/room-5")).toMatchObject({ error: { code: "ERR_INVALID_EVENT" } });
  });

  it("leaves open what it does not name", async () => {
    const { socketio } = portlessServer({ contract: contract({ server: {} }) });
    socketio.on("anything", (value) => value);
    expect(await (await plainClient(socketio)).call("anything", 5)).toBe(5);
  });

  it("goes on with recovery, repeated events and several values", async () => {
    const { socketio } = portlessServer({ contract: chat, dedupe: true, recovery: true });
    let count = 0;
    socketio.on("typing", () => {
      count += 1;
    });
    const client = await plainClient(socketio);
    await client.emit("typing", args("tea", { clientOffset: "1" }));
    await client.emit("typing", args("tea", { clientOffset: "1" }));
    expect(count).toBe(1);
    socketio.on("pair", () => {
      emit("said", { text: "hi" } as never);
      return args("a", 1);
    });
    expect(await client.call("pair")).toEqual(["a", 1]);
    expect(client.received()).toMatchObject([{ name: "said" }]);
  });
});

describe("without a contract", () => {
  it("nothing is checked", async () => {
    const { socketio } = portlessServer();
    socketio.on("anything", (...values) => {
      session.values = values;
      emit("heard", args(...values));
      return values.length;
    });
    expect(await (await plainClient(socketio)).call("anything", args(1, "b"))).toBe(2);
  });
});
