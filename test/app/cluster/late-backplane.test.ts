import { AsyncLocalStorage } from "node:async_hooks";
import { beforeEach, describe, expect, it } from "vitest";
import { LateBackplane, type Link } from "../../../src/app/cluster/late-backplane.ts";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { encodedOf, JsonEventPacket } from "../../../src/core/packet/event-packet.ts";

const target = everyoneIn("/");
const bounds = { maxEvents: 1, maxDisconnection: 1, retention: 1 };

/** Records what reaches the link. */
class FakeLink implements Link {
  readonly calls: unknown[][] = [];
  readonly stopped: string[] = [];
  readonly connection = { keepNothing: () => void this.calls.push(["keepNothing"]) };
  readonly backplane: Link["backplane"] = {
    emit: (to, packet, event, values, flags) => {
      this.calls.push(["emit", encodedOf(packet, to, event, values).body, values, flags]);
    },
    publish: async (operation) => void this.calls.push(["publish", operation.type]),
    ask: ({ packet, event }, timeout, listener) => {
      this.calls.push(["ask", encodedOf(packet, target, event, []).body, timeout]);
      listener.onEnd(["other"]);
      return () => void this.stopped.push(event);
    },
    sockets: async () => ({ sockets: [], missing: ["other"] }),
    count: async () => ({ count: 2, missing: [] }),
  };
  readonly servers: Link["servers"] = {
    tellServers: (event, values) => void this.calls.push(["tell", event, values]),
    askServers: (event, values, timeout, listener) => {
      this.calls.push(["askServers", event, values, timeout]);
      listener.onEnd([]);
    },
  };
  readonly recovery: Link["recovery"] = {
    append: ({ event, values, carrier }) => void this.calls.push(["append", event, values, carrier]),
  };
}

let late: LateBackplane;
let link: FakeLink;

beforeEach(() => {
  late = new LateBackplane("node", false);
  link = new FakeLink();
});

const packetOf = (event: string, ...values: unknown[]) => new JsonEventPacket("/", event, values);

describe("before the link is there", () => {
  it("keeps everything in one order, as it was when it was told", async () => {
    const data = [1];
    const ends: (readonly string[])[] = [];
    late.whenLinked(({ connection }) => connection?.keepNothing());
    late.emit(target, packetOf("a", data), "a", [data], { volatile: true });
    const published = late.publish({ type: "leave", target, rooms: ["x"] });
    late.ask({ target, packet: packetOf("b", data), event: "b", values: [data] }, 50, {
      onAnswer() {},
      onFailure() {},
      onEnd: (missing) => ends.push(missing),
    });
    late.tellServers("c", [data, undefined]);
    late.askServers("d", [data], 60, { onReply() {}, onEnd: (missing) => ends.push(missing) });
    late.append({ target, event: "e", values: [data], flags: {}, carrier: { trace: "1" } }, bounds);
    data.push(2);
    expect(late.waiting).toBe(7);
    late.resolve(link);
    await published;
    expect(link.calls).toEqual([
      ["keepNothing"],
      ["emit", '["a",[1]]', [], { volatile: true }],
      ["publish", "leave"],
      ["ask", '["b",[1]]', 50],
      ["tell", "c", [[1], null]],
      ["askServers", "d", [[1]], 60],
      ["append", "e", [[1]], { trace: "1" }],
    ]);
    expect(ends).toEqual([["other"], []]);
  });

  it("keeps the arguments themselves for a link that encodes them, dates as dates", () => {
    const foreign = new LateBackplane("node", true);
    const date = new Date(0);
    const values = [{ date }, Buffer.from("x"), "text"];
    foreign.emit(target, packetOf("a", ...values), "a", values, {});
    values.push("more");
    foreign.resolve(link);
    const [[, , kept] = []] = link.calls;
    expect(kept).toEqual([{ date }, new Uint8Array(Buffer.from("x")), "text"]);
  });

  it("asks, but waits for no answer, where the caller has stopped waiting", () => {
    const stop = late.ask({ target, packet: packetOf("b"), event: "b", values: [] }, null, {
      onAnswer() {},
      onFailure() {},
      onEnd() {},
    });
    stop();
    late.resolve(link);
    expect([link.calls.length, link.stopped]).toEqual([1, ["b"]]);
  });

  it("answers with what the link finds", async () => {
    const answers = Promise.all([late.sockets(target), late.count(target)]);
    late.resolve(link);
    expect(await answers).toEqual([
      { sockets: [], missing: ["other"] },
      { count: 2, missing: [] },
    ]);
  });

  it("sends each event in the context of its caller", () => {
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    for (const name of ["one", "two"])
      context.run(name, () => late.whenLinked(() => seen.push(context.getStore())));
    late.resolve(link);
    expect(seen).toEqual(["one", "two"]);
  });

  it("knows its own name and no other process, and has nothing to subscribe to", () => {
    expect([late.node, late.sidPrefix, late.isServer, late.isReachable]).toEqual([
      "node",
      "node",
      false,
      false,
    ]);
    expect([late.nodes(), late.subscribed(), late.onNamespaceOpen()]).toEqual([[], null, null]);
    expect(() => late.open()).toThrow("before its server knew other processes");
  });
});

it("passes on at once what comes when the link is there", () => {
  late.resolve(link);
  late.tellServers("c", []);
  expect(link.calls).toEqual([["tell", "c", []]]);
});

it("ends every wait where there will be no link", async () => {
  const ends: string[] = [];
  const answers = Promise.all([
    late.sockets(target),
    late.count(target),
    late.publish({
      type: "close room",
      namespace: "/",
      room: "x",
    }),
  ]);
  late.emit(target, packetOf("a"), "a", [], {});
  late.ask({ target, packet: packetOf("b"), event: "b", values: [] }, null, {
    onAnswer() {},
    onFailure() {},
    onEnd: () => ends.push("ask"),
  });
  late.askServers("d", [], 60, { onReply() {}, onEnd: () => ends.push("askServers") });
  late.append({ target, event: "e", values: [], flags: {} }, bounds);
  late.resolve(null);
  await answers;
  expect(ends).toEqual(["ask", "askServers"]);
});
