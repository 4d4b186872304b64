/** The most that a client may send at once, and the answers to a client that sends more. */

import { connect } from "node:net";
import { request } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { PollingSession, RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { ask, record, sidOf, stockClients } from "../support/stock-client.ts";
import { nextEvent, soon, within } from "../support/waiting.ts";

const limit = 10_000;

/** A server with a low limit, which records the clients that leave, and their reasons. */
async function startSmallServer() {
  const server = await startServer({ maxHttpBufferSize: limit });
  const left: [sid: string, reason: string][] = [];
  server.socketio.on("echo", (value) => value);
  server.socketio.on("disconnect", (reason) => left.push([request.sid, reason]));
  return { ...server, left };
}

describe.each(stockClients)("messages of %s", (client) => {
  it.each([
    { title: "text", message: "x".repeat(2 * limit) },
    { title: "binary", message: Buffer.alloc(2 * limit) },
  ])("that are too large ($title) end that client, and no other", async ({ message }) => {
    const { socketio, url, left } = await startSmallServer();
    const other = await client.connect(url);
    const socket = await client.connect(url);
    const sid = sidOf(socket);
    const end = nextEvent(socket, "disconnect");
    socket.emit("echo", message);
    expect((await end)[0]).toMatch(/^transport (close|error)$/);
    await soon(() => left).toEqual([[sid, "payload too large"]]);
    expect(await ask(other, "echo", "still here")).toEqual(["still here"]);
    expect(socketio.clientCount).toBe(1);
  });

  it("that are just small enough pass", async () => {
    const { url, left } = await startSmallServer();
    const socket = await client.connect(url);
    const message = "x".repeat(limit - 30);
    expect(await ask(socket, "echo", message)).toEqual([message]);
    expect(left).toEqual([]);
  });

  it("to the client have no such limit", async () => {
    const { socketio, url } = await startSmallServer();
    const socket = await client.connect(url);
    const news = nextEvent(socket, "news");
    socketio.emit("news", "x".repeat(5 * limit));
    expect((await news)[0]).toHaveLength(5 * limit);
  });

  // The older client knows no limit and puts everything into one request.
  it.skipIf(client.version === "3.0")("that are many are sent in several requests", async () => {
    const { url, left } = await startSmallServer();
    const socket = await client.connect(url);
    const events = record(socket);
    const text = "x".repeat(1000);
    const answers = Array.from({ length: 50 }, (_, index) => ask(socket, "echo", `${index} ${text}`));
    expect(await Promise.all(answers)).toEqual(answers.map((_, index) => [`${index} ${text}`]));
    expect([left, events]).toEqual([[], []]);
  });
});

describe("a message that is too large", () => {
  it("is answered with 413 over polling", async () => {
    const { url, left } = await startSmallServer();
    const session = await PollingSession.join(url);
    const response = await session.post(`42["echo","${"x".repeat(2 * limit)}"]`);
    expect(response.status).toBe(413);
    expect(await response.text()).toBe("");
    expect((await session.get()).status).toBe(400);
    expect(left.map(([, reason]) => reason)).toEqual(["payload too large"]);
  });

  it("is answered with 413 also when its length is not announced", async () => {
    const { url, left } = await startSmallServer();
    const session = await PollingSession.join(url);
    const chunks = new ReadableStream({
      pull(controller) {
        controller.enqueue(Buffer.alloc(1000, "x"));
      },
    });
    const init = { method: "POST", body: chunks, duplex: "half" } as RequestInit;
    // The server answers and stops reading. A client that continues to write sees the one or the other.
    const outcome = await within(
      "the answer",
      fetch(session.url, init).then(
        ({ status }) => status,
        () => "cut off",
      ),
    );
    expect([413, "cut off"]).toContain(outcome);
    await soon(() => left.map(([, reason]) => reason)).toEqual(["payload too large"]);
  });

  it("closes a WebSocket with the code for it", async () => {
    const { url, left } = await startSmallServer();
    const socket = await RawSocket.join(url);
    socket.send(`42["echo","${"x".repeat(2 * limit)}"]`);
    expect(await within("the end", socket.closed)).toBe(1009);
    expect(left.map(([, reason]) => reason)).toEqual(["payload too large"]);
  });

  it("is announced to clients in the handshake", async () => {
    const { url } = await startSmallServer();
    expect((await PollingSession.open(url)).handshake.maxPayload).toBe(limit);
    expect((await RawSocket.open(url)).handshake.maxPayload).toBe(limit);
  });
});

describe("a WebSocket that breaks the rules of its protocol", () => {
  it.each([
    ["reserved bits", Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ["a message that is not masked", Buffer.from([0x81, 0x01, 0x32])],
  ])("ends its client at once, though its peer does not close: %s", async (_, frame) => {
    const { url, left, socketio } = await startSmallServer();
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    let heard = "";
    socket.on("data", (data) => {
      heard += data.toString("latin1");
    });
    socket.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await soon(() => heard).toContain("pingInterval");
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
    await soon(() => heard).toContain("40{");
    socket.write(frame);
    await soon(() => left.map(([, reason]) => reason)).toEqual(["transport error"]);
    expect(socketio.clientCount).toBe(0);
  });
});

describe("a message that a client must not send", () => {
  const place = (num: number) => `{"_placeholder":true,"num":${num}}`;

  it.each([
    {
      reason: "too many attachments",
      code: 1008,
      packets: [`4511-["echo",${Array.from({ length: 11 }, (_, n) => place(n))}]`],
    },
    { reason: "attachment expected", code: 1002, packets: [`451-["echo",${place(0)}]`, '42["echo"]'] },
    { reason: "not in namespace", code: 1008, packets: ['42/elsewhere,["echo"]'] },
    { reason: "data too deep", code: 1008, packets: [`42["echo",${"[".repeat(128)}${"]".repeat(128)}]`] },
    { reason: "too many arguments", code: 1008, packets: [`42["echo"${",1".repeat(1001)}]`] },
    { reason: "too many arguments", code: 1008, packets: [`431[1${",1".repeat(1000)}]`] },
    { reason: "event name too long", code: 1008, packets: [`42["${"x".repeat(256)}"]`] },
    { reason: "namespace too long", code: 1008, packets: [`40/${"x".repeat(256)},`] },
  ])("ends it over both transports, which say why: $reason", async ({ reason, code, packets }) => {
    const { socketio, url, left } = await startSmallServer();
    const ends: string[] = [];
    socketio.trace((event) => {
      if (event.type === "connection close") ends.push(`${event.reason}: ${event.detail}`);
    });
    const socket = await RawSocket.join(url);
    socket.send(...packets);
    expect(await within("the end", socket.closed)).toBe(code);
    const session = await PollingSession.join(url);
    const answer = await session.post(packets.join("\u001e"));
    const message = reason.charAt(0).toUpperCase() + reason.slice(1);
    expect([answer.status, await answer.json()]).toEqual([400, { code: 3, message }]);
    expect(left.map(([, why]) => why)).toEqual([reason, reason]);
    expect(ends).toEqual([expect.stringMatching(`^${reason}: .`), expect.stringMatching(`^${reason}: .`)]);
  });

  it("is a message in more pieces than the limit", async () => {
    for (const perMessageDeflate of [false, true]) {
      const { socketio, url } = await startServer({ maxFragments: 3, perMessageDeflate });
      const heard: unknown[] = [];
      socketio.on("say", (value) => void heard.push(value));
      const ends: string[] = [];
      socketio.on("disconnect", (reason) => void ends.push(reason));
      const socket = await RawSocket.join(url);
      const pieces = ['42["say"', ",", '"three"', "]"];
      socket.sendInPieces('42["say",', '"three"', "]");
      await soon(() => heard).toEqual(["three"]);
      socket.sendInPieces(...pieces);
      expect(await within("the end", socket.closed)).toBe(1008);
      await soon(() => ends).toEqual(["too many fragments"]);
    }
  });

  it("is an old protocol, which is refused on both transports", async () => {
    const { url, socketio } = await startServer();
    const refused: unknown[] = [];
    socketio.trace((event) => {
      if (event.type === "request refused") refused.push(event.message);
    });
    const polled = await fetch(`${url}/socket.io/?EIO=3&transport=polling`);
    const body = { code: 5, message: "Unsupported protocol version" };
    expect([polled.status, await polled.json()]).toEqual([400, body]);
    expect(await new RawSocket(url, { EIO: "3" }).refused()).toMatchObject({ status: 400, body });
    expect(refused).toEqual([body.message, body.message]);
  });
});
