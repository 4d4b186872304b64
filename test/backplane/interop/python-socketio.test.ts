import { describe, expect, it } from "vitest";
import { PythonSocketIO } from "../../../src/backplane/interop/python-socketio.ts";
import { generateSid } from "../../../src/core/model/sid.ts";
import { clientIn, everyoneIn } from "../../../src/core/model/target.ts";
import { JsonEventPacket } from "../../../src/core/packet/event-packet.ts";
import { ForeignSite, recordedCall } from "./foreign-site.ts";

const everyone = everyoneIn("/");
const ada = clientIn("/", "ada");
const notice = { reason: "enough", retry: false };

/** This process on a channel whose Python programs the test plays. */
async function setup() {
  const site = new ForeignSite();
  const { bus, clock, clients, told } = site;
  const python = new PythonSocketIO("flask", site);
  await python.open();
  told.length = 0;
  const sent = (): Record<string, unknown>[] =>
    bus.sent.map(({ message }) => JSON.parse(Buffer.from(message).toString()));
  const receive = (message: object) =>
    bus.listener.onMessage("flask", Buffer.from(JSON.stringify({ host_id: "python", ...message })));
  return { bus, clock, clients, told, python, sent, receive };
}

describe("an operation", () => {
  it.each([
    ["all clients", everyone],
    ["the clients of two rooms", { ...everyone, rooms: ["red", "blue"] }],
  ])("on %s is reported, as the format names one client", async (_name, target) => {
    const { bus, python, told } = await setup();
    await python.publish({ type: "join", target, rooms: ["green"] });
    await python.publish({ type: "disconnect", target, close: false, notice });
    expect([told, bus.sent]).toEqual([["ERR_STATE", "ERR_STATE"], []]);
  });

  it("names its client by the only room of the target, which is the room of that client", async () => {
    const { python, sent } = await setup();
    await python.publish({ type: "leave", target: { ...everyone, rooms: ["ada"] }, rooms: ["green"] });
    expect(sent()).toMatchObject([{ method: "leave_room", sid: "ada", room: "green", namespace: "/" }]);
  });

  it("that disconnects a client tells it the reason first", async () => {
    const { python, sent } = await setup();
    await python.publish({ type: "disconnect", target: ada, close: false, notice });
    expect(sent()).toMatchObject([
      { method: "emit", event: "disconnect_reason", data: notice, room: "ada" },
      { method: "disconnect", sid: "ada" },
    ]);
  });
});

describe("an event", () => {
  it("that leaves out a room stays in this process and is reported, as the format leaves out clients", async () => {
    const { bus, python, told, sent } = await setup();
    const emit = (skip: readonly string[]) => {
      const packet = new JsonEventPacket("/", "news", [1], {});
      python.emit({ ...everyone, skip }, packet, "news", [1]);
    };
    emit([generateSid(), "red"]);
    expect(recordedCall(python, { ...everyone, skip: ["red"] }, 1000).heard).toEqual(["end"]);
    expect([told, bus.sent]).toEqual([["ERR_STATE", "ERR_STATE"], []]);
    const clients = [generateSid(), "Kx0V7bq_3t-hB2cQAAAB"];
    emit(clients);
    expect(sent()).toMatchObject([{ method: "emit", event: "news", skip_sid: clients }]);
  });
});

describe("a call", () => {
  it("of one client ends with its answer, and takes no second one", async () => {
    const parts = await setup();
    const { heard } = recordedCall(parts.python, ada, 1000);
    const [{ host_id, callback } = {}] = parts.sent();
    expect(callback).toEqual(["ada", "/", 1]);
    const answer = { method: "callback", host_id, sid: "ada", namespace: "/", id: 1 };
    parts.receive({ ...answer, host_id: "another", args: ["of another process"] });
    parts.receive({ ...answer, id: 2, args: ["to another call"] });
    parts.receive({ ...answer, args: ["yes", 1] });
    parts.receive({ ...answer, args: ["again"] });
    expect(heard).toEqual([["ada", "yes", 1], "end"]);
    expect(parts.clock.timerCount).toBe(0);
  });

  it("of several clients takes answers until its time is over, also those without a list", async () => {
    const parts = await setup();
    const { heard } = recordedCall(parts.python, everyone, 1000);
    const [{ host_id } = {}] = parts.sent();
    const answer = { method: "callback", host_id, sid: null, namespace: "/", id: 1 };
    parts.receive({ ...answer, args: ["one"] });
    parts.receive({ ...answer, args: "no list" });
    parts.clock.advance(1000);
    parts.receive({ ...answer, args: ["late"] });
    expect(heard).toEqual([["", "one"], [""], "end"]);
  });

  it("of one client fails when its time is over, and of none at once where the bus drops it", async () => {
    const parts = await setup();
    const { heard } = recordedCall(parts.python, ada, 1000);
    parts.clock.advance(1000);
    expect(heard).toEqual([["ada", "timeout"], "end"]);
    parts.bus.takes = false;
    expect(recordedCall(parts.python, ada, null).heard).toEqual(["end"]);
  });

  it("that its caller stops is heard no more; all others end with the process", async () => {
    const parts = await setup();
    const [stopped, open] = [recordedCall(parts.python, ada, 1000), recordedCall(parts.python, ada, null)];
    stopped.stop();
    await parts.python.close();
    expect([stopped.heard, open.heard, parts.clock.timerCount]).toEqual([[], ["end"], 0]);
    expect(parts.bus.closings).toBe(1);
  });

  it("gives way to newer ones when ten thousand wait", async () => {
    const parts = await setup();
    const calls = Array.from({ length: 10_001 }, () => recordedCall(parts.python, ada, null));
    expect(calls.map(({ heard }) => heard.length).slice(0, 2)).toEqual([2, 0]);
    expect(calls[0]?.heard).toEqual([["ada", "timeout"], "end"]);
  });
});

describe("a message", () => {
  it("of this process itself changes nothing here", async () => {
    const { bus, clients, python } = await setup();
    python.emit(everyone, new JsonEventPacket("/", "news", [1]), "news", [1]);
    await python.publish({ type: "close room", namespace: "/", room: "red" });
    for (const { message } of bus.sent) bus.listener.onMessage("flask", message);
    expect(clients.done).toEqual([]);
  });

  it("that asks clients brings each answer back to the program that asked", async () => {
    const { clients, receive, sent } = await setup();
    const emit = { method: "emit", event: "ask", data: [1], namespace: "/", room: "red" };
    receive({ ...emit, callback: ["red", "/", 7] });
    expect(clients.done).toEqual([["call", "red", "ask", 1, Infinity]]);
    clients.called?.onAnswer("ada", ["yes"]);
    clients.called?.onFailure("bob", "disconnected");
    clients.called?.onEnd([]);
    expect(sent()).toEqual([
      { method: "callback", host_id: "python", sid: "red", namespace: "/", id: 7, args: ["yes"] },
    ]);
  });
});

it("cannot list or count the clients of others, and says whose are missing", async () => {
  const { python } = await setup();
  const missing = ["all that use python-socketio's messages"];
  expect(await python.sockets()).toEqual({ sockets: [], missing });
  expect(await python.count()).toEqual({ count: 0, missing });
});

it("tells its clients that events may be lost while the bus is down", async () => {
  const { bus, clients, told } = await setup();
  bus.listener.onDown(new Error("gone"));
  bus.listener.onUp();
  bus.listener.onRefused(new Error("too large"));
  expect(clients.done).toEqual([["gap"]]);
  expect(told).toEqual(["down: Error: gone", "up", "refused: Error: too large"]);
});
