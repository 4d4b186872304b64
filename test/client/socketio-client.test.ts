import { expect, it } from "vitest";
import { type IncomingEvent, queryOf, SocketIOClient } from "../../src/client/socketio-client.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeNetwork, openPacket, settled } from "../support/fake-network.ts";

async function connect() {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  const events: IncomingEvent[] = [];
  const left: string[] = [];
  const client = new SocketIOClient(
    network,
    { transports: ["websocket"], upgrade: false, revision: 4, connectTimeout: 1000, clock },
    { event: (event) => events.push(event), left: (namespace) => left.push(namespace) },
  );
  const connecting = client.connect();
  const [socket] = network.sockets;
  if (socket === undefined) throw new Error("no WebSocket was opened");
  socket.listener.received(openPacket);
  await connecting;
  const receive = (...messages: (string | Uint8Array)[]) => {
    for (const data of messages) socket.listener.received(data);
  };
  return { client, clock, events, left, socket, receive };
}

it("joins namespaces with auth, and tells the server's answers as they are", async () => {
  const { client, socket, receive, clock } = await connect();
  const joining = client.join("/", { token: "x" }, 100);
  expect(socket.sent).toEqual(['40{"token":"x"}']);
  receive('40{"sid":"s"}');
  expect(await joining).toEqual({ type: "joined", sid: "s" });
  const refused = client.join("/nowhere", undefined, 100);
  receive('44/nowhere,"Unable to connect"');
  expect(await refused).toEqual({ type: "refused", payload: "Unable to connect" });
  const silent = client.join("/silent", undefined, 100);
  clock.advance(100);
  expect(await silent).toEqual({ type: "timeout", after: 100 });
  expect([...client.namespaces]).toEqual([["/", "s"]]);
});

it("gives events with their size, and answers those that want it", async () => {
  const { events, socket, receive } = await connect();
  receive('451-7["photo",{"_placeholder":true,"num":0}]', new Uint8Array([1, 2, 3]));
  expect(events).toMatchObject([
    { namespace: "/", event: "photo", values: [new Uint8Array([1, 2, 3])], size: 46 },
  ]);
  events[0]?.answer?.(["thanks"]);
  expect(socket.sent).toEqual(['437["thanks"]']);
  receive('42["plain"]');
  expect(events[1]?.answer).toBeNull();
});

it("calls, and says what became of calls without an answer", async () => {
  const { client, clock, receive, left } = await connect();
  const joining = client.join("/", undefined, 100);
  receive('40{"sid":"s"}');
  await joining;
  const answered = client.call("/", ["a", 1], 100);
  clock.advance(20);
  receive('430["b"]');
  expect(await answered).toEqual({ type: "answered", values: ["b"], took: 20, size: 7 });
  const late = client.call("/", ["a"], 100);
  clock.advance(100);
  expect(await late).toEqual({ type: "timeout", after: 100 });
  const cut = client.call("/", ["a"], 1000);
  receive("41");
  expect(await cut).toEqual({ type: "left" });
  expect(left).toEqual(["/"]);
});

it("ends calls and joins with the connection", async () => {
  const { client, socket } = await connect();
  const pending = [client.call("/", ["a"], 1000), client.join("/", undefined, 1000)];
  socket.listener.closed(1006, "");
  const reason = { type: "transport closed", code: 1006, reason: "" };
  expect(await Promise.all(pending)).toEqual([
    { type: "closed", reason },
    { type: "closed", reason },
  ]);
  expect(await client.call("/", ["a"], 1000)).toEqual({ type: "closed", reason });
});

it("ends a connection that brings an invalid packet", async () => {
  const { client, receive } = await connect();
  receive("49");
  await settled();
  expect(client.engine.isOpen).toBe(false);
});

it("writes auth as a query for old servers", () => {
  expect(queryOf({ token: "a b", level: 2 })).toBe("token=a+b&level=2");
  expect(queryOf(undefined)).toBe("");
});
