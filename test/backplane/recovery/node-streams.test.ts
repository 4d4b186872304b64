import { describe, expect, it } from "vitest";
import { NodeStreams } from "../../../src/backplane/recovery/node-streams.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeStreamBroker } from "../../support/fake-stream-link.ts";
import { eventFor, settle, valueIn } from "../../support/stream-node.ts";

const bounds = { maxEvents: 100, maxDisconnection: 60_000, retention: 60_000 };
const name = "app{%2F}";

/** The streams of a node on a fake broker, and their reports, in order. */
function setup(channel = "app") {
  const clock = new FakeClock();
  const broker = new FakeStreamBroker(clock);
  const told: string[] = [];
  const bus = { subscribe: () => Promise.resolve(), unsubscribe() {}, onAnswer() {} };
  const streams = new NodeStreams(
    channel,
    { node: "node", clock, bus },
    {
      onPassed: (message, namespace) => told.push(`passed in ${namespace}: ${Buffer.from(message)}`),
      onPassedBreak() {},
      onRefused: (stream, error) => told.push(`${stream} refused: ${error}`),
      onAccepted: (stream) => told.push(`${stream} accepted`),
      onIgnored: (problem) => told.push(`ignored: ${problem}`),
      onUnkept: (what) => told.push(`not kept: ${what}`),
      onUnshared() {},
      report: (error) => told.push(`error: ${error}`),
    },
  );
  /** The node connects; resolves when its streams have caught up. */
  const connect = async () => {
    streams.onLink(
      broker.connect({
        onMessage: (to, bytes) => streams.onMessage(to, bytes),
        onLost: () => streams.onDown(),
        onRefused() {},
      }),
    );
    await settle();
  };
  const open = (namespace: string, isDetached = false) => streams.open(namespace, bounds, isDetached);
  const count = (call: string) => broker.calls.filter((each) => each === call).length;
  return { broker, told, streams, connect, open, count };
}

describe("the streams of a node", () => {
  it("are one for each namespace, under the name of the application without its braces", () => {
    const { streams, open } = setup("a{b}");
    const [root, chat] = [open("/"), open("/chat")];
    expect([root.place.name, chat.place.name]).toEqual(["a_b_{%2F}", "a_b_{%2Fchat}"]);
    expect([open("/"), streams.get("/chat"), streams.get("/other")]).toEqual([root, chat, undefined]);
  });

  it("store events for as long as a client of an old record may need them", () => {
    const { open } = setup();
    expect(open("/").place).toMatchObject({ maxEvents: 100, age: 100_000 });
  });

  it("get the connection when it comes, and later ones when they open", async () => {
    const { broker, told, connect, open } = setup();
    open("/").publisher.append(eventFor(null, 1));
    await connect();
    open("/chat").publisher.append(eventFor(null, 2));
    await settle();
    expect([broker.offsets(name), broker.offsets("app{%2Fchat}")]).toEqual([[1], [1]]);
    expect(told).toEqual([`${name} accepted`, "app{%2Fchat} accepted"]);
  });

  it("send after a lost connection what the broker has not stored", async () => {
    const { broker, connect, open } = setup();
    await connect();
    const stream = open("/");
    broker.disconnect();
    stream.publisher.append(eventFor(null, 1));
    await settle();
    expect(broker.offsets(name)).toEqual([]);
    await connect();
    expect(broker.offsets(name)).toEqual([1]);
  });

  it("receive the messages of their own channels", async () => {
    const { broker, told, connect, open } = setup();
    const stream = open("/");
    stream.channels.hold(stream.channels.everyone);
    await connect();
    told.length = 0;
    const [link] = broker.open;
    await link?.subscribe([`${name}:b`, "app{%2Fother}:b"]);
    broker.publish("app{%2Fother}:b", Buffer.from("pother:0:elsewhere"));
    broker.publish(`${name}:b`, Buffer.from("pother:0:hello"));
    await settle();
    expect(told).toEqual(["passed in /: hello"]);
  });

  it("tell which of them the broker refuses", async () => {
    const { broker, told, connect, open } = setup();
    broker.refuse("begin");
    open("/");
    await connect();
    expect(told).toEqual([`${name} refused: BrokerError: The fake broker refuses it.`]);
  });
});

describe("events without offsets", () => {
  it("are all that the streams have sent, until they stop waiting", async () => {
    const { streams, open } = setup();
    open("/").publisher.append(eventFor(null, 1));
    open("/chat").publisher.append(eventFor(null, 2));
    expect(streams.unsequenced().map(valueIn)).toEqual([1, 2]);
    const drained = Promise.all(streams.drained());
    streams.detach();
    expect((await drained).length).toBe(2);
    expect(streams.unsequenced()).toEqual([]);
  });

  it("do not wait in a stream that opens detached", () => {
    const { streams, open } = setup();
    open("/", true).publisher.append(eventFor(null, 1));
    expect(streams.unsequenced()).toEqual([]);
  });
});

describe("a stream that the node no longer uses", () => {
  it("ends in the second round, in the broker too, and opens again when it is used", async () => {
    const { streams, told, connect, open, count } = setup();
    await connect();
    const first = open("/");
    await settle();
    streams.tick();
    expect([streams.get("/"), count("end")]).toEqual([first, 0]);
    told.length = 0;
    streams.tick();
    await settle();
    expect([streams.get("/"), count("end"), told]).toEqual([undefined, 1, [`${name} accepted`]]);
    open("/");
    await settle();
    expect(count("begin")).toBe(2);
  });

  it("stays when it was used between the rounds", async () => {
    const { broker, streams, connect, open, count } = setup();
    await connect();
    const stream = open("/");
    await settle();
    streams.tick();
    broker.open[0]?.answers.hold();
    stream.publisher.append(eventFor(null, 1));
    await settle();
    streams.tick();
    broker.open[0]?.answers.release();
    await settle();
    streams.tick();
    await settle();
    expect([streams.get("/"), count("end")]).toEqual([stream, 0]);
  });
});

it("leaves no stream open at the end", async () => {
  const { streams, connect, open } = setup();
  await connect();
  const stream = open("/");
  streams.close();
  expect([streams.get("/"), stream.isDetached, streams.drained()]).toEqual([undefined, true, []]);
});
