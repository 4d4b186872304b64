import { describe, expect, it, onTestFinished } from "vitest";
import { JetStreamApi } from "../../../src/backplane/nats/jetstream-api.ts";
import { connectToNats, importNats } from "../../../src/backplane/nats/nats-connection.ts";
import { readQueueUrl } from "../../../src/backplane/queue/queue-url.ts";
import { BrokerError } from "../../../src/backplane/stream/stream-link.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FakeNatsOptions, FakeNatsServer, type NatsAnswer } from "../../support/fake-nats-server.ts";
import { soon } from "../../support/waiting.ts";

const client = await importNats();
const config = { name: "s", subjects: ["s.>"], max_age: 1000 };
const bytes = Buffer.from("hello");

/** Requests to a server whose answers the test gives: each once, or the last one again. */
async function setup(answers: Record<string, readonly (NatsAnswer | null)[]>, options: FakeNatsOptions = {}) {
  const server = await FakeNatsServer.start(options);
  const asked = new Map<string, number>();
  server.respond = ({ subject }) => {
    const list = answers[subject];
    const count = asked.get(subject) ?? 0;
    asked.set(subject, count + 1);
    return list?.[Math.min(count, list.length - 1)];
  };
  const connection = await connectToNats(client, readQueueUrl(server.url), new AbortController().signal);
  onTestFinished(() => connection.close());
  const clock = new FakeClock();
  return { server, connection, clock, api: new JetStreamApi(client, connection, clock) };
}

function refused(err_code: number, description = "refused"): NatsAnswer {
  return { data: { error: { err_code, description } } };
}

function stream(more: object = {}, state = { last_seq: 7, messages: 3 }): NatsAnswer {
  const known = { created: "2026-01-01T00:00:00Z", ts: "2026-01-01T00:00:10Z", state };
  return { data: { ...known, config: { ...config, num_replicas: 1, ...more } } };
}

function failureOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    (value) => {
      throw new Error(`It resolved to ${JSON.stringify(value)}.`);
    },
    (error: unknown) => error,
  );
}

describe("a server", () => {
  it.each(["2.9.25", "1.4.1"])("of version %s is too old, and says which one is not", async (version) => {
    const { api, server } = await setup({}, { version });
    expect(await failureOf(api.check())).toMatchObject({
      code: "ERR_OPTION",
      message: expect.stringMatching(/is too old for that\. It takes nats-server 2\.10 or newer/),
    });
    expect(server.requests).toEqual([]);
  });

  it.each(["2.10.0", "2.11.0-RC.1", "3.0.0"])("of version %s is new enough", async (version) => {
    const { api } = await setup({ "$JS.API.INFO": [{ data: {} }] }, { version });
    await expect(api.check()).resolves.toBeUndefined();
  });

  it.each([
    ["that does not have it", null],
    ["where it is off for the account", refused(10_039, "JetStream not enabled for account")],
  ])("%s cannot be used until it is started with JetStream", async (_name, answer) => {
    const { api } = await setup({ "$JS.API.INFO": [answer] });
    expect(await failureOf(api.check())).toMatchObject({
      code: "ERR_OPTION",
      message: expect.stringMatching(/JetStream is off there\..*start it with -js/),
    });
  });

  it("that cannot answer for a while may answer later", async () => {
    const { api } = await setup({ "$JS.API.INFO": [refused(10_008, "system temporarily unavailable")] });
    const error = await failureOf(api.check());
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ isFinal: false, code: 10_008 });
  });

  it("that is no JetStream is named by what it answers on", async () => {
    const { api } = await setup({ "$JS.API.STREAM.INFO.s": [{ data: "hello there" }] });
    await expect(api.count("s")).rejects.toThrow("What answers on");
  });
});

describe("a stream", () => {
  const info = "$JS.API.STREAM.INFO.s";
  const asked = (server: FakeNatsServer) =>
    server.requests.map(({ subject }) => subject.slice("$JS.API.".length));

  it("that is not there is made in memory, so that it costs no disk", async () => {
    const { api, server } = await setup({ [info]: [refused(10_059)], "$JS.API.STREAM.CREATE.s": [stream()] });
    expect(await api.provide(config)).toEqual({
      created: Date.UTC(2026, 0, 1),
      now: Date.UTC(2026, 0, 1, 0, 0, 10),
      last: 7,
    });
    const made = JSON.parse(server.requests[1]?.data ?? "");
    expect(made).toMatchObject({ ...config, storage: "memory", allow_direct: true, discard: "old" });
  });

  it("that is as it must be stays, and one that differs is changed", async () => {
    const { api, server } = await setup({
      [info]: [stream(), stream({ max_age: 5, num_replicas: 3 })],
      "$JS.API.STREAM.UPDATE.s": [stream()],
    });
    await api.provide(config);
    expect(asked(server)).toEqual(["STREAM.INFO.s"]);
    await api.provide(config);
    expect(asked(server).slice(1)).toEqual(["STREAM.INFO.s", "STREAM.UPDATE.s"]);
    expect(JSON.parse(server.requests[2]?.data ?? "")).toMatchObject({ name: "s", max_age: 1000 });
  });

  it("that another process makes at the same moment is used", async () => {
    const { api, server } = await setup({
      [info]: [refused(10_059), stream()],
      "$JS.API.STREAM.CREATE.s": [refused(10_058, "stream name already in use")],
    });
    expect(await api.provide(config)).toMatchObject({ last: 7 });
    expect(asked(server)).toEqual(["STREAM.INFO.s", "STREAM.CREATE.s", "STREAM.INFO.s"]);
  });

  it("that the server does not make is an error, also where it has too many", async () => {
    const { api } = await setup({
      [info]: [refused(10_059)],
      "$JS.API.STREAM.CREATE.s": [refused(10_027, "maximum number of streams reached")],
    });
    await expect(api.provide(config)).rejects.toThrow(
      "NATS refused STREAM.CREATE.s: maximum number of streams reached.",
    );
  });

  it("has its messages counted, and none where it is not there", async () => {
    const { api } = await setup({ [info]: [stream(), refused(10_059), refused(10_008)] });
    expect([await api.count("s"), await api.count("s")]).toEqual([3, 0]);
    await expect(api.count("s")).rejects.toThrow(BrokerError);
  });

  it("is found in a list of several pages, which may be shorter than it says", async () => {
    const page = (total: number, ...names: string[]): NatsAnswer => {
      const streams = names.map((name) => ({ config: { name }, state: { messages: 1 } }));
      return { data: { total, streams } };
    };
    const { api, server } = await setup({
      "$JS.API.STREAM.LIST": [page(3, "a", "b"), page(3, "c"), page(3, "a"), page(3), { data: { total: 1 } }],
    });
    const names = async () => (await api.list("s.>")).map(({ name }) => name);
    expect([await names(), await names(), await names()]).toEqual([["a", "b", "c"], ["a"], []]);
    expect(server.requests.map(({ data }) => JSON.parse(data).offset)).toEqual([0, 2, 0, 1, 0]);
  });

  it("and its messages may be gone before they are removed", async () => {
    const { api } = await setup({
      "$JS.API.STREAM.DELETE.s": [refused(10_059), refused(10_008)],
      "$JS.API.STREAM.MSG.DELETE.s": [refused(10_057, "no message found")],
    });
    await api.removeStream("s");
    await api.remove("s", 5);
    await expect(api.removeStream("s")).rejects.toThrow(BrokerError);
  });
});

describe("a message", () => {
  it("that is stored has a number, also when it was stored before", async () => {
    const { api, server } = await setup({ s: [{ data: { stream: "s", seq: 5 } }] });
    expect(await api.store("s", bytes, "id")).toBe(5);
    expect(server.requests).toMatchObject([{ data: "hello", headers: ["Nats-Msg-Id: id"] }]);
  });

  it("replaces the latest one, unless that is another by now", async () => {
    const { api, server } = await setup({
      s: [
        { data: { seq: 6 } },
        refused(10_071, "wrong last sequence: 9"),
        refused(10_077, "message size exceeds"),
      ],
    });
    expect(await api.replace("s", bytes, 5)).toEqual({ number: 6 });
    expect(await api.replace("s", bytes, 6)).toEqual({ latest: 9 });
    await expect(api.replace("s", bytes, 9)).rejects.toThrow("NATS refused s: message size exceeds.");
    expect(server.requests[1]?.headers).toEqual(["Nats-Expected-Last-Subject-Sequence: 6"]);
  });

  it("that must be refused tells the latest number; where it is stored something is wrong", async () => {
    const { api } = await setup({ s: [refused(10_071, "wrong last sequence: 9"), { data: { seq: 10 } }] });
    expect(await api.probe("s")).toBe(9);
    await expect(api.probe("s")).rejects.toThrow("stored what it had to refuse");
  });

  it("is read with its number; it may be gone", async () => {
    const { api, server } = await setup({
      "$JS.API.DIRECT.GET.s": [
        { data: "hello", headers: { "Nats-Sequence": 5 } },
        { status: "404 Message Not Found" },
        { status: "408 Bad Request" },
        { data: "no headers" },
      ],
    });
    expect(await api.read("s", 5)).toEqual({ number: 5, data: bytes });
    expect(await api.latest("s", "s.a")).toBeNull();
    await expect(api.read("s", 6)).rejects.toThrow("NATS cannot read s: Bad Request.");
    expect(await api.read("s", 7)).toBeNull();
    expect(server.requests.slice(0, 2).map(({ data }) => JSON.parse(data))).toEqual([
      { seq: 5 },
      { last_by_subj: "s.a" },
    ]);
  });

  it("that is larger than the server takes is not sent: the server would end the connection", async () => {
    const { api, server, connection } = await setup({ s: [{ data: { seq: 1 } }] }, { maxPayload: 1000 });
    const large = new Uint8Array(489);
    for (const act of [() => api.store("s", large, "id"), async () => api.send("s", large)]) {
      const error = await failureOf(act());
      expect(error).toBeInstanceOf(BrokerError);
      expect(error).toMatchObject({
        isTooLarge: true,
        message: expect.stringContaining("at most 1000 bytes"),
      });
    }
    // The rest is for headers.
    expect(await api.store("s", large.subarray(1), "id")).toBe(1);
    await connection.flush();
    expect([server.requests.length, server.messages]).toEqual([1, []]);
    expect(
      await failureOf((await setup({ s: [refused(10_054, "too big")] })).api.store("s", bytes, "id")),
    ).toMatchObject({ isTooLarge: true });
  });

  it("to a stream that is gone tells that the epoch is over", async () => {
    const { api } = await setup({ s: [null], "$JS.API.DIRECT.GET.s": [null] });
    for (const asked of [api.store("s", bytes, "id"), api.probe("s"), api.read("s", 1)]) {
      expect(await failureOf(asked)).toMatchObject({
        isEpochOver: true,
        message: expect.stringContaining("it has no listeners"),
      });
    }
  });
});

describe("an answer", () => {
  /** A read without an answer, after its time, while the server is asked whether it is there. */
  async function overdue() {
    const parts = await setup({});
    const { api, clock, server } = parts;
    server.answersPings = false;
    const read = api.read("s", 5);
    await soon(() => server.requests.length).toBe(1);
    const { pings } = server;
    clock.advance(4999);
    await new Promise(setImmediate);
    expect(server.pings).toBe(pings);
    clock.advance(1);
    await soon(() => server.pings).toBe(pings + 1);
    return { ...parts, read, reply: server.requests[0]?.reply ?? "" };
  }

  it("that is late counts when it comes ahead of the server's next word, as after a standstill", async () => {
    const { clock, connection, read, reply, server } = await overdue();
    const word = connection.flush();
    server.atOnce(() => {
      server.publish(reply, { data: "hello", headers: { "Nats-Sequence": 5 } });
      server.say("PONG\r\nPONG");
    });
    await word;
    await new Promise(setImmediate);
    clock.endTick();
    expect(await read).toMatchObject({ number: 5 });
  });

  it("that does not come in time is an error, and the connection goes on", async () => {
    const { clock, connection, read, server } = await overdue();
    const word = connection.flush();
    server.say("PONG\r\nPONG");
    await word;
    clock.endTick();
    const error = await failureOf(read);
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({
      isFinal: false,
      message: "NATS did not answer $JS.API.DIRECT.GET.s in time.",
    });
    expect(connection.isClosed()).toBe(false);
  });

  it("that is cut off by the end of the connection is no refusal", async () => {
    const { api, server } = await setup({});
    const read = failureOf(api.read("s", 5));
    await soon(() => server.requests.length).toBe(1);
    server.disconnect();
    expect(await read).not.toBeInstanceOf(BrokerError);
  });
});

it("tells whether a subject has listeners", async () => {
  const { api } = await setup({ heard: [{ data: "" }], unheard: [null] });
  expect([await api.isHeard("heard"), await api.isHeard("unheard")]).toEqual([true, false]);
});
