import { expect, it } from "vitest";
import type { ClientCloseReason, ConnectFailure } from "../../src/client/connect-failure.ts";
import { EngineClient, type EngineClientSettings } from "../../src/client/engine-client.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeNetwork, openPacket, settled } from "../support/fake-network.ts";

function start(settings: Partial<EngineClientSettings> = {}) {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  const seen: (string | Uint8Array)[] = [];
  const ends: ClientCloseReason[] = [];
  const upgrades: (ConnectFailure | "upgraded")[] = [];
  const client = new EngineClient(
    network,
    {
      transports: ["polling", "websocket"],
      upgrade: true,
      revision: "auto",
      connectTimeout: 1000,
      clock,
      ...settings,
    },
    {
      message: (data) => seen.push(data),
      closed: (reason) => ends.push(reason),
      upgraded: () => upgrades.push("upgraded"),
      upgradeFailed: (failure) => upgrades.push(failure),
    },
  );
  return { network, clock, seen, ends, upgrades, client, opening: client.open() };
}

/** Begins with long polling alone. */
async function poll(settings: Partial<EngineClientSettings> = {}, handshake = openPacket) {
  const started = start({ upgrade: false, ...settings });
  started.network.requests[0]?.answer(handshake);
  expect(await started.opening).toMatchObject({ type: "open", handshake: { sid: "a" } });
  await settled();
  return started;
}

it("polls, and sends one request at a time", async () => {
  const { network, seen, client } = await poll();
  expect(network.requests.map(({ query }) => query.sid)).toEqual([undefined, "a"]);
  network.requests[1]?.answer("4hello\u001e2");
  await settled();
  expect(seen).toEqual(["hello"]);
  client.send("one");
  client.send("two");
  await settled();
  const posts = () => network.requests.flatMap(({ body }) => (body === undefined ? [] : [body]));
  expect(posts()).toEqual(["3"]);
  network.requests.find(({ body }) => body === "3")?.answer("ok");
  await settled();
  expect(posts()).toEqual(["3", "4one\u001e4two"]);
});

it("sends no request beyond the server's limit", async () => {
  const { network, client } = await poll();
  for (const letter of ["a", "b", "c"]) client.send(letter.repeat(45));
  await settled();
  const posts = () => network.requests.flatMap(({ body }) => (body === undefined ? [] : [body.length]));
  network.requests.find(({ body }) => body !== undefined)?.answer("ok");
  await settled();
  // Two of the three fit into 100 bytes.
  expect(posts()).toEqual([93, 46]);
});

it("changes to WebSocket when the poll is answered, and keeps the order", async () => {
  const { network, upgrades, seen, client, opening } = start();
  network.requests[0]?.answer(openPacket);
  await opening;
  await settled();
  const [socket] = network.sockets;
  expect(socket?.query).toEqual({ EIO: "4", transport: "websocket", sid: "a" });
  socket?.listener.opened("");
  expect(socket?.sent).toEqual(["2probe"]);
  socket?.listener.received("3probe");
  client.send("held");
  await settled();
  expect(socket?.sent).toEqual(["2probe"]);
  network.requests[1]?.answer("4last\u001e6");
  await settled();
  expect(socket?.sent).toEqual(["2probe", "5", "4held"]);
  socket?.listener.received("4next");
  expect(seen).toEqual(["last", "next"]);
  expect(upgrades).toEqual(["upgraded"]);
  expect(client.transport).toBe("websocket");
});

it("stays on long polling when the WebSocket is refused or silent, and tells why", async () => {
  const { network, upgrades, client, opening, clock } = start();
  network.requests[0]?.answer(openPacket.replace('"pingInterval":300', '"pingInterval":30000'));
  await opening;
  await settled();
  network.sockets[0]?.listener.opened("");
  clock.advance(1000);
  expect(upgrades).toEqual([{ type: "timeout", transport: "websocket", after: 1000 }]);
  expect([client.transport, client.isOpen, network.sockets[0]?.ended]).toEqual(["polling", true, "aborted"]);
});

it("speaks the revision in which an old server answers, and sends the pings", async () => {
  const packet = openPacket.replace(',"maxPayload":100', "");
  const { network, seen, client, clock } = await poll({}, `${packet.length}:${packet}2:40`);
  expect([client.revision, seen]).toEqual([3, ["0"]]);
  clock.advance(300);
  await settled();
  expect(network.requests.at(-1)?.body).toBe("1:2");
});

it("asks for revision 3 where the server refuses 4", async () => {
  const { network, client, opening } = start();
  network.requests[0]?.answer('{"code":5,"message":"Unsupported protocol version"}', 400);
  await settled();
  expect(network.requests[1]?.query.EIO).toBe("3");
  network.requests[1]?.answer(`${openPacket.length}:${openPacket}`);
  expect((await opening).type).toBe("open");
  expect(client.revision).toBe(3);
});

it("finds out the revision over WebSocket by what the server says unasked", async () => {
  const { network, client, opening, seen } = start({ transports: ["websocket"] });
  const { listener } = network.sockets[0] ?? {};
  listener?.opened("");
  listener?.received(openPacket.replace(',"maxPayload":100', ""));
  listener?.received("40");
  expect((await opening).type).toBe("open");
  await settled();
  expect([client.revision, seen]).toEqual([3, ["0"]]);
});

it("takes silence for revision 4", async () => {
  const { network, client, opening, clock } = start({ transports: ["websocket"] });
  network.sockets[0]?.listener.received(openPacket.replace(',"maxPayload":100', ""));
  clock.advance(300);
  expect((await opening).type).toBe("open");
  expect(client.revision).toBe(4);
});

it("ends when no ping comes", async () => {
  const { ends, clock, network } = await poll();
  clock.advance(500);
  expect(ends).toEqual([{ type: "ping timeout", after: 500 }]);
  expect(network.hasEnded).toBe(true);
});

it.each([
  ["a page", "<html>", 200, "foreign"],
  ["a refusal", '{"code":4}', 403, "refused"],
])("tells of %s in place of a handshake", async (_what, body, status, type) => {
  const { network, opening } = start({ transports: ["polling"] });
  network.requests[0]?.answer(body, status);
  expect(await opening).toMatchObject({ type, transport: "polling", answer: { status, body } });
});

it("tries the next transport where the first one is refused", async () => {
  const { network, opening, client } = start();
  network.requests[0]?.answer("no", 400);
  await settled();
  network.sockets[0]?.listener.received(openPacket);
  expect((await opening).type).toBe("open");
  expect(client.transport).toBe("websocket");
});

it("gives up after the time that it may take", async () => {
  const { clock, opening } = start();
  clock.advance(1000);
  expect(await opening).toEqual({ type: "timeout", transport: "polling", after: 1000 });
});

it("tells how the connection ended", async () => {
  const refused = await poll();
  refused.network.requests[1]?.answer('{"code":1,"message":"Session ID unknown"}', 400);
  await settled();
  expect(refused.ends).toMatchObject([{ type: "request refused", answer: { status: 400 } }]);

  const closed = await poll();
  closed.network.requests[1]?.answer("1");
  await settled();
  expect(closed.ends).toEqual([{ type: "server closed" }]);

  const invalid = await poll();
  invalid.network.requests[1]?.answer("x");
  await settled();
  expect(invalid.ends).toMatchObject([{ type: "protocol error" }]);
});

it("closes in order, after what was sent", async () => {
  const { network, client, ends } = await poll();
  client.send("last");
  const closing = client.close();
  await settled();
  expect(network.requests.at(-1)?.body).toBe("4last\u001e1");
  network.requests.at(-1)?.answer("ok");
  await closing;
  expect(ends).toEqual([{ type: "closed here" }]);
});

it("keeps what comes in one piece with the handshake, until the caller has the connection", async () => {
  const { network, seen, ends, opening } = start({ transports: ["websocket"], revision: 3 });
  const { listener } = network.sockets[0] ?? {};
  listener?.opened("");
  for (const frame of [openPacket, "40", "42[]"]) listener?.received(frame);
  listener?.closed(1000, "");
  expect(await opening).toMatchObject({ type: "open" });
  await settled();
  expect(seen).toEqual(["0", "2[]"]);
  expect(ends).toEqual([{ type: "transport closed", code: 1000, reason: "" }]);
});
