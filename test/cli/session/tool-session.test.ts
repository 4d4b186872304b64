import { expect, it } from "vitest";
import { Flags } from "../../../src/cli/input/flags.ts";
import { readTarget } from "../../../src/cli/session/server-target.ts";
import { ToolSession } from "../../../src/cli/session/tool-session.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeNetwork, openPacket, settled } from "../../support/fake-network.ts";

function prepare() {
  const networks: FakeNetwork[] = [];
  const clock = new FakeClock();
  const told: string[] = [];
  const flags = new Flags(new Map([["transport", ["websocket"]]]));
  const target = readTarget("localhost:5000/chat", flags, true);
  const session = new ToolSession({
    target: { ...target, engine: { ...target.engine, clock } },
    network: () => {
      const network = new FakeNetwork();
      networks.push(network);
      return network;
    },
    listener: {
      connected: () => told.push("connected"),
      lost: (reason, isFinal) => told.push(`lost: ${reason.type}${isFinal ? ", for good" : ""}`),
      failed: (failure) => told.push(`failed: ${failure.type}`),
      left: (namespace) => told.push(`left ${namespace}`),
      refused: (namespace, outcome) => told.push(`${outcome.type} by ${namespace}`),
    },
    reconnects: true,
    clock,
  });
  const socket = () => {
    const last = networks.at(-1)?.sockets.at(-1);
    if (last === undefined) throw new Error("no WebSocket was opened");
    return last;
  };
  return { session, networks, clock, told, socket };
}

async function begin() {
  const prepared = prepare();
  const starting = prepared.session.start();
  prepared.socket().listener.received(openPacket);
  await settled();
  prepared.socket().listener.received('40/chat,{"sid":"s"}');
  await starting;
  return prepared;
}

it("connects again after a while, and joins its namespaces", async () => {
  const { session, networks, clock, told, socket } = await begin();
  const joining = session.join("/more", { a: 1 });
  socket().listener.received('40/more,{"sid":"t"}');
  await joining;
  socket().listener.closed(1006, "");
  expect(session.client).toBeNull();
  clock.advance(700);
  expect(networks).toHaveLength(2);
  socket().listener.received(openPacket);
  await settled();
  socket().listener.received('40/chat,{"sid":"u"}');
  await settled();
  expect(socket().sent).toEqual(["40/chat,", '40/more,{"a":1}']);
  expect(told).toEqual(["connected", "lost: transport closed", "connected"]);
});

it("waits longer after each failure", async () => {
  const { networks, clock, told, socket } = await begin();
  socket().listener.closed(1006, "");
  clock.advance(700);
  socket().listener.refused({ status: 502, headers: {}, body: "", bytes: new Uint8Array(), took: 1 });
  await settled();
  expect(told.at(-1)).toBe("failed: refused");
  clock.advance(700);
  expect(networks).toHaveLength(2);
  clock.advance(700);
  expect(networks).toHaveLength(3);
});

it("tells that a namespace refuses it now, and does not ask again", async () => {
  const { clock, told, socket } = await begin();
  socket().listener.closed(1006, "");
  clock.advance(700);
  socket().listener.received(openPacket);
  await settled();
  socket().listener.received('44/chat,{"message":"expired"}');
  await settled();
  expect(told.at(-1)).toBe("refused by /chat");
});

it("does not connect again after it was stopped", async () => {
  const { session, networks, clock, told } = await begin();
  await session.stop();
  clock.advance(60_000);
  expect(networks).toHaveLength(1);
  expect(told.at(-1)).toBe("lost: closed here, for good");
});

it("fails to start with the reason", async () => {
  const { session, socket } = prepare();
  const starting = session.start();
  socket().listener.failed(Object.assign(new Error("no"), { code: "ECONNREFUSED" }));
  await expect(starting).rejects.toMatchObject({
    code: 2,
    message: expect.stringContaining("roomcast doctor localhost:5000/chat"),
  });
});
