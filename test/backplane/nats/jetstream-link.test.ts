import { describe, expect, it, onTestFinished } from "vitest";
import { jetStreamLinks } from "../../../src/backplane/nats/jetstream-link.ts";
import { JetStreamNames } from "../../../src/backplane/nats/jetstream-names.ts";
import {
  everyoneChannelIn,
  nameIn,
  nodeChannelIn,
  roomChannelIn,
  type StreamLink,
} from "../../../src/backplane/stream/stream-link.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeNatsServer, type NatsAnswer, type NatsResponder } from "../../support/fake-nats-server.ts";
import { soon } from "../../support/waiting.ts";

const name = nameIn("app", "/chat");
const names = JetStreamNames.of("app", name);
const place = { name, maxEvents: 10, age: 1000, keep: 10_000 };
const everyone = everyoneChannelIn(name);
const created = "2026-01-01T00:00:00.000Z";
const epoch = Date.parse(created).toString(36);
const nothing: NatsAnswer = { data: {} };

/** A stream that has a number of messages. */
function info(messages: number, last_seq = messages): NatsAnswer {
  return { data: { created, ts: "2026-01-01T00:00:10.000Z", config: {}, state: { last_seq, messages } } };
}

/** Refuses a probe, as a stream does whose latest number this is. */
function latest(number: number): NatsAnswer {
  return { data: { error: { err_code: 10_071, description: `wrong last sequence: ${number}` } } };
}

/** A link to a server that the test plays. Answers that the test does not give are the usual ones. */
async function connect(answers: Record<string, NatsAnswer | null> = {}, respond?: NatsResponder) {
  const usual: Record<string, NatsAnswer> = {
    "$JS.API.INFO": nothing,
    "$JS.API.STREAM.LIST": { data: { total: 0 } },
    [`$JS.API.STREAM.INFO.${names.events}`]: info(4),
    [`$JS.API.STREAM.INFO.${names.clients}`]: info(0),
    [`$JS.API.STREAM.UPDATE.${names.events}`]: info(4),
    [`$JS.API.STREAM.UPDATE.${names.clients}`]: info(0),
    [names.probe]: latest(4),
  };
  const server = await FakeNatsServer.start();
  server.respond = (message) => {
    const own = respond?.(message);
    if (own !== undefined) return own;
    return message.subject in answers ? answers[message.subject] : usual[message.subject];
  };
  const clock = new FakeClock();
  const heard: string[] = [];
  const owner = {
    onMessage: (channel: string, bytes: Uint8Array) => heard.push(`${channel} ${Buffer.from(bytes)}`),
    onLost: (error: unknown) => heard.push(`lost: ${error}`),
    onRefused() {},
  };
  const opened: StreamLink[] = [];
  const links = jetStreamLinks(server.url, "app", clock, (link) => opened.push(link));
  await links(owner, new AbortController().signal);
  const [link] = opened;
  if (link === undefined) throw new Error("No link was opened.");
  onTestFinished(() => link.close());
  /** The requests to JetStream, without what all of them begin with. */
  const asked = (beginning = "") =>
    server.requests
      .map(({ subject }) => subject.replace("$JS.API.", ""))
      .filter((subject) => subject.startsWith(beginning));
  return { server, clock, heard, link, asked };
}

/** An event as the server publishes it again. */
function event(number: number, before: number, data: string): NatsAnswer {
  return { data, headers: { "Nats-Sequence": number, "Nats-Last-Sequence": before } };
}

it("leaves no connection to a server that cannot keep events", async () => {
  const server = await FakeNatsServer.start({ version: "2.9.0" });
  const owner = { onMessage() {}, onLost() {}, onRefused() {} };
  const links = jetStreamLinks(server.url, "app", new FakeClock(), () => {});
  await expect(links(owner, new AbortController().signal)).rejects.toHaveProperty("code", "ERR_OPTION");
  await soon(() => server.connections).toBe(0);
});

describe("the beginning of a namespace", () => {
  it("takes the stream's age for the epoch, and goes on with its numbers", async () => {
    const { link, asked } = await connect();
    expect(await link.begin(place)).toEqual({ epoch, head: 4 });
    expect(asked("STREAM.PURGE")).toEqual([]);
  });

  it("has the numbers of an empty stream begin with the time, so that none comes twice", async () => {
    const { link, server } = await connect({
      [`$JS.API.STREAM.UPDATE.${names.events}`]: info(0),
      [`$JS.API.STREAM.PURGE.${names.events}`]: nothing,
    });
    await link.begin(place);
    const purge = server.requests.find(({ subject }) => subject.includes("PURGE"));
    const seconds = (Date.UTC(2026, 0, 1, 0, 0, 10) - Date.UTC(2025, 0, 1)) / 1000;
    expect(JSON.parse(purge?.data ?? "")).toEqual({ seq: seconds * 1_000_000 });
    expect(Number.isSafeInteger(seconds * 1_000_000)).toBe(true);
  });

  it("keeps events for as long as the broker can count, where they are kept for ever", async () => {
    const { link, server } = await connect();
    await link.begin({ ...place, age: Number.POSITIVE_INFINITY });
    const updates = server.requests.filter(({ subject }) => subject.includes("UPDATE"));
    expect(updates.map(({ data }) => JSON.parse(data).max_age)).toEqual([9e18, 9e18]);
  });
});

describe("an event", () => {
  it("comes with epoch and number; one that follows a gap comes behind word of that", async () => {
    const { link, server, heard } = await connect();
    await link.subscribe([everyone]);
    server.publish(`${names.live}.b`, event(4, 3, "before the epoch is known"));
    await link.begin(place);
    for (const [number, before] of [
      [5, 4],
      [9, 5],
      [10, 9],
    ] as const) {
      server.publish(`${names.live}.b`, event(number, before, "event"));
    }
    await link.ping();
    expect(heard).toEqual([
      `${everyone} e${epoch}:5:event`,
      `${everyone} e${epoch}:9:event`,
      `${everyone} e${epoch}:10:event`,
    ]);
    server.publish(`${names.live}.b`, event(20, 15, "event"));
    await link.ping();
    expect(heard.slice(3)).toEqual([`${everyone} g`, `${everyone} e${epoch}:20:event`]);
  });

  it("that is the first on its channel is no gap, until the channel has been quiet up to a number", async () => {
    const { link, server, heard } = await connect();
    const [red, blue] = ["red", "blue"].map((room) => roomChannelIn(name, room)) as [string, string];
    await link.begin(place);
    await link.subscribe([red]);
    server.publish(names.heardOn(red), event(9, 7, "event"));
    await link.ping();
    expect(heard).toEqual([`${red} e${epoch}:9:event`]);
    await link.subscribe([blue]);
    expect(await link.head(place, epoch)).toBe(4);
    server.publish(names.heardOn(blue), event(12, 6, "event"));
    await link.ping();
    expect(heard.slice(1)).toEqual([`${blue} g`, `${blue} e${epoch}:12:event`]);
  });

  it("for several rooms has a subject of its own, to which each process listens", async () => {
    const { link, server } = await connect();
    await link.subscribe([everyone]);
    expect([...server.subjects.values()]).toEqual(
      expect.arrayContaining([`${names.live}.b`, `${names.live}.m`]),
    );
    await link.unsubscribe([everyone]);
    await link.ping();
    expect([...server.subjects.values()].filter((subject) => subject.startsWith(names.live))).toEqual([]);
  });

  it("is read by its number, and left out once it is gone", async () => {
    const { link, asked } = await connect({}, ({ subject, data }) => {
      if (!subject.includes("DIRECT.GET")) return undefined;
      const { seq } = JSON.parse(data);
      return seq === 3
        ? { status: "404 Message Not Found" }
        : { data: `${seq}`, headers: { "Nats-Sequence": seq } };
    });
    const { head, entries } = await link.read(place, epoch, 1, 10);
    expect([head, entries.map(({ offset, message }) => `${offset} ${Buffer.from(message)}`)]).toEqual([
      4,
      ["2 2", "4 4"],
    ]);
    expect((await link.read(place, epoch, 1, 2)).entries).toHaveLength(1);
    expect((await link.read(place, epoch, 7, 10)).entries).toEqual([]);
    expect(asked("DIRECT.GET")).toHaveLength(5);
  });
});

describe("a message beside the stream", () => {
  it("comes where it is one of another process, and not where it only asks for listeners", async () => {
    const { link, server, heard } = await connect();
    const own = nodeChannelIn(name, "one");
    await link.subscribe([everyone, own]);
    for (const data of ["", "hello", "z", "pone:0:passed"]) server.publish(`${names.live}.b`, { data });
    server.publish(names.node("one"), { data: "x2:key" });
    await link.ping();
    expect(heard).toEqual([`${everyone} z`, `${everyone} pone:0:passed`, `${own} x2:key`]);
  });

  it("is a barrier, which comes behind the events before it, and in its own epoch alone", async () => {
    const { link, heard } = await connect();
    await link.begin(place);
    await link.barrier(place, epoch, "one", 7);
    await link.barrier(place, "earlier", "one", 8);
    expect(heard).toEqual([`${nodeChannelIn(name, "one")} f7:4`]);
  });
});

describe("streams that no process uses", () => {
  const listed = (prefix: string, namespace: string, messages: number) => {
    const { clients, allRecords } = JetStreamNames.of(prefix, nameIn(prefix, namespace));
    return { config: { name: clients, subjects: [allRecords] }, state: { messages } };
  };
  const list = (...streams: object[]): NatsAnswer => ({ data: { total: streams.length, streams } });
  const deletion: NatsResponder = ({ subject }) => (subject.includes("DELETE") ? nothing : undefined);

  it("are removed with the first link, and others of the same server stay", async () => {
    const heardOf = JetStreamNames.of("app", nameIn("app", "/heard"));
    const { server, asked } = await connect(
      {
        "$JS.API.STREAM.LIST": list(
          listed("app", "/chat", 0),
          listed("app", "/full", 1),
          listed("other", "/chat", 0),
          listed("app", "/heard", 0),
        ),
        [names.everyone]: null,
        [heardOf.everyone]: nothing,
      },
      deletion,
    );
    await soon(() => server.messages).toMatchObject([{ subject: names.everyone, data: "z" }]);
    expect(
      JSON.parse(server.requests.find(({ subject }) => subject.endsWith("LIST"))?.data ?? "").subject,
    ).toBe("app.cli.>");
    expect(asked("STREAM.DELETE")).toEqual([
      `STREAM.DELETE.${names.clients}`,
      `STREAM.DELETE.${names.events}`,
    ]);
  });

  it("are looked for from time to time, until the link ends", async () => {
    const { clock, link, asked } = await connect();
    await soon(() => asked("STREAM.LIST").length).toBe(1);
    clock.advance(149_000);
    expect(clock.timerCount).toBe(1);
    clock.advance(301_000);
    await soon(() => asked("STREAM.LIST").length).toBeGreaterThan(1);
    link.close();
    expect(clock.timerCount).toBe(0);
  });

  it.each([
    ["go with the last one that does", 0, null, 2],
    ["stay while a client may come back", 1, null, 0],
    ["stay while another process listens", 0, nothing, 0],
  ])("%s", async (_name, records, listeners, removed) => {
    const { link, asked } = await connect(
      { [`$JS.API.STREAM.INFO.${names.clients}`]: info(records), [names.everyone]: listeners },
      deletion,
    );
    await link.end(place);
    expect(asked("STREAM.DELETE")).toHaveLength(removed);
  });
});

describe("the end of a link", () => {
  it("comes with the connection, or with a subscription that the server refuses", async () => {
    const { heard, server } = await connect();
    server.disconnect();
    await soon(() => heard).toEqual([expect.stringMatching(/^lost: /)]);

    const other = await connect();
    await other.link.subscribe([everyone]);
    other.server.say(`-ERR 'Permissions Violation for Subscription to "${names.live}.b"'`);
    await soon(() => other.heard).toEqual([expect.stringMatching(/^lost: .*Permissions Violation/)]);
  });
});
