/** The checks of the public suites of Engine.IO protocol 4 and Socket.IO protocol 5, and a few more. */

import { request as httpRequest } from "node:http";
import { args, disconnect, emit, request } from "roomcast";
import { describe, expect, it } from "vitest";
import { answerOf, engineUrl, PollingSession, RawSocket, separator } from "../support/raw-client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { soon, within } from "../support/waiting.ts";

/** A server that echoes events, as the suites require. */
async function startEcho(options = {}): Promise<TestServer & { left: string[] }> {
  const server = await startServer({ namespaces: "/custom", ...options });
  const left: string[] = [];
  for (const namespace of ["/", "/custom"]) {
    const handle = server.socketio.namespace(namespace);
    handle.on("connect", (auth = {}) => emit("auth", auth));
    handle.on("message", (...values) => emit("message-back", args(...values)));
    handle.on("message-with-ack", (...values) => args(...values));
    handle.on("disconnect", (reason) => left.push(`${request.namespace} ${reason}`));
  }
  return { ...server, left };
}

/** Joins `"/"` and reads the event of its connect handler. */
async function joinEcho(url: string, namespace = "/"): Promise<RawSocket> {
  const socket = await RawSocket.join(url, namespace);
  await socket.next();
  return socket;
}

/** The reasons for which the server has ended its connections, in order. */
function closeReasons({ trace }: TestServer): string[] {
  return trace.flatMap((event) => (event.type === "connection close" ? [event.reason] : []));
}

const echo = (text: string) => `42["message","${text}"]`;
const echoed = (text: string) => `42["message-back","${text}"]`;

describe("Engine.IO", () => {
  describe("handshake over polling", () => {
    it("opens a session", async () => {
      const { url } = await startEcho({ pingInterval: 300, pingTimeout: 200 });
      const response = await fetch(engineUrl(url, { transport: "polling" }));
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      const text = await response.text();
      expect(text.charAt(0)).toBe("0");
      expect(PollingSession.of(url, text).handshake).toEqual({
        sid: expect.stringMatching(/^[\w-]{20,}$/),
        upgrades: ["websocket"],
        pingInterval: 300,
        pingTimeout: 200,
        maxPayload: 1_000_000,
      });
    });

    it.each([
      { title: "no EIO", query: { EIO: undefined, transport: "polling" }, code: 5 },
      { title: "an unknown EIO", query: { EIO: "abc", transport: "polling" }, code: 5 },
      { title: "EIO 3", query: { EIO: "3", transport: "polling" }, code: 5 },
      { title: "no transport", query: {}, code: 0 },
      { title: "an unknown transport", query: { transport: "abc" }, code: 0 },
      { title: "a transport that has no request", query: { transport: "websocket" }, code: 0 },
      { title: "an unknown session", query: { transport: "polling", sid: "abc" }, code: 1 },
    ])("refuses $title", async ({ query, code }) => {
      const { url } = await startEcho();
      const answer = await answerOf(await fetch(engineUrl(url, query)));
      expect(answer).toEqual({ status: 400, body: { code, message: expect.any(String) } });
    });

    it.each(["POST", "PUT", "DELETE"])("refuses the method %s", async (method) => {
      const { url } = await startEcho();
      const answer = await answerOf(await fetch(engineUrl(url, { transport: "polling" }), { method }));
      expect(answer).toEqual({ status: 400, body: { code: 2, message: "Bad handshake method" } });
    });
  });

  describe("handshake over WebSocket", () => {
    it("opens a session", async () => {
      const { url } = await startEcho({ pingInterval: 300, pingTimeout: 200 });
      const { handshake } = await RawSocket.open(url);
      expect(handshake).toEqual({
        sid: expect.stringMatching(/^[\w-]{20,}$/),
        upgrades: [],
        pingInterval: 300,
        pingTimeout: 200,
        maxPayload: 1_000_000,
      });
    });

    it.each([
      { title: "no EIO", query: { EIO: undefined }, code: 5 },
      { title: "an unknown EIO", query: { EIO: "abc" }, code: 5 },
      { title: "EIO 3", query: { EIO: "3" }, code: 5 },
      { title: "no transport", query: { transport: undefined }, code: 0 },
      { title: "an unknown transport", query: { transport: "abc" }, code: 0 },
      { title: "polling", query: { transport: "polling" }, code: 0 },
      { title: "an unknown session", query: { sid: "abc" }, code: 1 },
    ])("refuses $title", async ({ query, code }) => {
      const { url } = await startEcho();
      const { status, body } = await new RawSocket(url, query).refused();
      expect({ status, body }).toEqual({ status: 400, body: { code, message: expect.any(String) } });
    });
  });

  describe("messages over polling", () => {
    it("carries one packet", async () => {
      const { url } = await startEcho();
      const session = await PollingSession.join(url);
      expect(await answerOf(await session.post(echo("hello")))).toEqual({ status: 200, body: "ok" });
      const response = await session.get();
      expect([response.status, await response.text()]).toEqual([200, echoed("hello")]);
    });

    it("carries several packets", async () => {
      const { url } = await startEcho();
      const session = await PollingSession.join(url);
      await session.post(["a", "b", "c"].map(echo).join(separator));
      expect(await session.poll()).toBe(["a", "b", "c"].map(echoed).join(separator));
    });

    it("carries text and binary packets", async () => {
      const { url } = await startEcho();
      const session = await PollingSession.join(url);
      const packet = (event: string) => `451-["${event}",{"_placeholder":true,"num":0}]${separator}bAQIDBA==`;
      await session.post(packet("message"));
      expect(await session.poll()).toBe(packet("message-back"));
    });

    it.each([
      { title: "of no known type", body: "abc" },
      { title: "that is empty", body: "" },
      { title: "with an empty packet", body: `42["message"]${separator}` },
      {
        title: "with bytes that are not base64",
        body: `451-["message",{"_placeholder":true,"num":0}]${separator}b$$`,
      },
      { title: "with an opening", body: "0{}" },
    ])("ends the session upon a payload $title", async ({ body }) => {
      const server = await startEcho();
      const session = await PollingSession.join(server.url);
      // The server may accept a packet that is valid Engine.IO but not valid Socket.IO before it parses it.
      expect([200, 400]).toContain((await session.post(body)).status);
      expect((await session.get()).status).toBe(400);
      expect(server.left).toEqual(["/ parse error"]);
    });

    it("ends the session when a second poll comes beside the first", async () => {
      const server = await startEcho();
      const session = await PollingSession.join(server.url);
      const polls = [session.get(), session.get()];
      const answers = await Promise.all((await Promise.all(polls)).map(answerOf));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
      expect(answers.find(({ status }) => status === 200)?.body).toBe("1");
      expect((await session.get()).status).toBe(400);
      expect(server.left).toEqual(["/ overlapping requests"]);
    });

    it("ends the session when a second post comes beside the first", async () => {
      const server = await startEcho();
      const session = await PollingSession.join(server.url);
      const slow = httpRequest(session.url, { method: "POST" });
      const slowStatus = new Promise((resolve) => {
        slow.on("response", ({ statusCode }) => resolve(statusCode));
        slow.on("error", resolve);
      });
      slow.write('42["message",');
      await soon(async () => (await session.post("3")).status).toBe(400);
      expect((await session.get()).status).toBe(400);
      expect(server.left).toEqual(["/ overlapping requests"]);
      slow.end('"slow"]');
      await within("the end of the first post", slowStatus);
    });

    it("ends the session when a poll is cancelled", async () => {
      const server = await startEcho();
      const session = await PollingSession.join(server.url);
      const controller = new AbortController();
      const answer = await session.wait({ signal: controller.signal });
      controller.abort();
      await expect(answer()).rejects.toThrow();
      await soon(() => server.left).toEqual(["/ transport error"]);
      expect((await session.post(echo("hello"))).status).toBe(400);
    });
  });

  describe("messages over WebSocket", () => {
    it("carries text", async () => {
      const { url } = await startEcho();
      const socket = await joinEcho(url);
      socket.send(echo("hello"));
      expect(await socket.next()).toBe(echoed("hello"));
    });

    it("carries binary", async () => {
      const { url } = await startEcho();
      const socket = await joinEcho(url);
      socket.send('451-["message",{"_placeholder":true,"num":0}]', Uint8Array.from([1, 2, 3, 4]));
      expect(await socket.nextFew(2)).toEqual([
        '451-["message-back",{"_placeholder":true,"num":0}]',
        Buffer.from([1, 2, 3, 4]),
      ]);
    });

    it("carries binary as text to a client that asks for that, and from every client", async () => {
      const { url } = await startEcho();
      for (const b64 of ["1", undefined]) {
        const socket = new RawSocket(url, { b64 });
        await socket.next();
        socket.send("40");
        await socket.nextFew(2);
        socket.send('451-["message",{"_placeholder":true,"num":0}]', "bAQIDBA==");
        expect(await socket.nextFew(2)).toEqual([
          '451-["message-back",{"_placeholder":true,"num":0}]',
          b64 === "1" ? "bAQIDBA==" : Buffer.from([1, 2, 3, 4]),
        ]);
      }
    });

    it.each(["abc", "", "0{}", "2probe", "5", "7", "b$$"])("ends the session after %j", async (message) => {
      const server = await startEcho();
      const socket = await joinEcho(server.url);
      socket.send(message);
      await within("the end", socket.closed);
      expect(server.left).toEqual(["/ parse error"]);
    });
  });

  describe("heartbeat", () => {
    it("pings and is answered over polling", async () => {
      const { url } = await startEcho({ pingInterval: 50, pingTimeout: 5000 });
      const session = await PollingSession.open(url);
      for (let count = 0; count < 3; count += 1) {
        expect(await session.poll()).toBe("2");
        expect((await session.post("3")).status).toBe(200);
      }
    });

    it("pings and is answered over WebSocket", async () => {
      const { url } = await startEcho({ pingInterval: 50, pingTimeout: 5000 });
      const { socket } = await RawSocket.open(url);
      for (let count = 0; count < 3; count += 1) {
        expect(await socket.next()).toBe("2");
        socket.send("3");
      }
    });

    it("ends a polling session that does not answer", async () => {
      const server = await startEcho({ pingInterval: 50, pingTimeout: 50 });
      const session = await PollingSession.open(server.url);
      await soon(() => closeReasons(server)).toEqual(["ping timeout"]);
      expect((await session.get()).status).toBe(400);
    });

    it("ends a WebSocket session that does not answer", async () => {
      const server = await startEcho({ pingInterval: 50, pingTimeout: 50 });
      const { socket } = await RawSocket.open(server.url);
      await within("the end", socket.closed);
      expect(closeReasons(server)).toEqual(["ping timeout"]);
    });
  });

  describe("close", () => {
    it("ends a polling session, and answers the waiting poll", async () => {
      const server = await startEcho();
      const session = await PollingSession.join(server.url);
      const answer = await session.wait();
      expect(await answerOf(await session.post("1"))).toEqual({ status: 200, body: "ok" });
      expect(await answerOf(await answer())).toEqual({ status: 200, body: "6" });
      expect((await session.get()).status).toBe(400);
      expect(server.left).toEqual(["/ transport close"]);
    });

    it("ends a WebSocket session", async () => {
      const server = await startEcho();
      const socket = await joinEcho(server.url);
      socket.send("1");
      await within("the end", socket.closed);
      expect(server.left).toEqual(["/ transport close"]);
    });

    it.each([
      { title: "closes", end: (socket: RawSocket) => socket.close() },
      { title: "is cut", end: (socket: RawSocket) => socket.terminate() },
    ])("is understood when the WebSocket $title", async ({ end }) => {
      const server = await startEcho();
      end(await joinEcho(server.url));
      await soon(() => server.left).toEqual(["/ transport close"]);
    });

    it("of the server reaches a polling client after what was sent before, in a payload of its own", async () => {
      const { socketio, url } = await startEcho();
      const session = await PollingSession.join(url);
      await session.post(echo("hello"));
      const stopped = socketio.stop();
      expect(await session.poll()).toBe(echoed("hello"));
      expect(await session.poll()).toBe("1");
      await stopped;
    });

    it.each([
      {
        title: "and comes for the server's own",
        goodbye: (session: PollingSession) => session.poll(),
        answer: "1",
      },
      {
        title: "and says goodbye itself",
        goodbye: async (session: PollingSession) => (await session.post("1")).text(),
        answer: "ok",
      },
    ])(
      "of the server is complete when a polling client has been told $title",
      async ({ goodbye, answer }) => {
        const { socketio, url } = await startEcho();
        socketio.on("bye", () => disconnect({ close: true }));
        const session = await PollingSession.join(url);
        await session.post('42["bye"]');
        expect(await session.poll()).toBe("41");
        expect(await goodbye(session)).toBe(answer);
        expect(await answerOf(await session.get())).toMatchObject({ status: 400, body: { code: 1 } });
      },
    );
  });

  describe("upgrade", () => {
    /** A polling session, and the WebSocket that will replace it: the server has answered its probe. */
    async function probe(server: TestServer) {
      const session = await PollingSession.join(server.url);
      const { sid } = session.handshake;
      const socket = new RawSocket(server.url, { sid });
      await socket.opened();
      socket.send("2probe");
      expect(await socket.next()).toBe("3probe");
      return { session, socket, sid };
    }

    /** Expects that the server accepts a WebSocket, and closes it without a message. */
    async function expectClosed(socket: RawSocket): Promise<void> {
      expect(await within("the end of the WebSocket", socket.closed)).toBe(1005);
      expect([socket.response?.statusCode, socket.unread]).toEqual([101, []]);
    }

    it("moves the session to the WebSocket", async () => {
      const server = await startEcho();
      const { session, socket } = await probe(server);
      // The suite calls this "cleanly ending the long-polling request".
      expect(await session.poll()).toBe("6");
      socket.send("5", echo("hello"));
      expect(await socket.next()).toBe(echoed("hello"));
      expect(server.left).toEqual([]);
    });

    it("answers the waiting poll while the WebSocket is probed", async () => {
      const server = await startEcho();
      const session = await PollingSession.join(server.url);
      const answer = await session.wait();
      const socket = new RawSocket(server.url, { sid: session.handshake.sid });
      await socket.opened();
      socket.send("2probe");
      expect(await answerOf(await answer())).toEqual({ status: 200, body: "6" });
      expect(await socket.next()).toBe("3probe");
    });

    it("leaves polling in use until it is complete", async () => {
      const server = await startEcho();
      const { session, socket } = await probe(server);
      await session.post(echo("hello"));
      expect(await session.poll()).toBe(echoed("hello"));
      socket.send("5");
      socket.send(echo("again"));
      expect(await socket.next()).toBe(echoed("again"));
    });

    it("delivers the messages that waited for a poll", async () => {
      const server = await startEcho();
      const { session, socket } = await probe(server);
      await session.post(echo("hello"));
      socket.send("5");
      expect(await socket.next()).toBe(echoed("hello"));
    });

    it("refuses requests with the same sid afterwards", async () => {
      const server = await startEcho();
      const { session, socket } = await probe(server);
      socket.send("5", echo("one"));
      expect(await socket.next()).toBe(echoed("one"));
      expect((await session.get()).status).toBe(400);
      expect((await session.post(echo("stray"))).status).toBe(400);
      socket.send(echo("two"));
      expect(await socket.next()).toBe(echoed("two"));
    });

    it("refuses a second WebSocket with the same sid", async () => {
      const server = await startEcho();
      const { socket, sid } = await probe(server);
      // Neither during the probe of the first WebSocket nor after its upgrade.
      await expectClosed(new RawSocket(server.url, { sid }));
      socket.send("5", echo("one"));
      expect(await socket.next()).toBe(echoed("one"));
      await expectClosed(new RawSocket(server.url, { sid }));
      socket.send(echo("two"));
      expect(await socket.next()).toBe(echoed("two"));
    });

    it("is refused for a session that is on a WebSocket already", async () => {
      const { url } = await startEcho();
      const { socket, handshake } = await RawSocket.open(url);
      await expectClosed(new RawSocket(url, { sid: handshake.sid }));
      socket.send("40");
      expect(await socket.next()).toMatch(/^40/);
    });

    it.each([
      { title: "a second probe", messages: ["2probe", "2probe"] },
      { title: "no probe at all", messages: ["5"] },
      { title: "a message instead of the probe", messages: [echo("hello")] },
      { title: "something unknown", messages: ["2probe", "abc"] },
      { title: "binary", messages: ["2probe", Uint8Array.from([1])] },
    ])("fails upon $title, and polling goes on", async ({ messages }) => {
      const server = await startEcho();
      const session = await PollingSession.join(server.url);
      const socket = new RawSocket(server.url, { sid: session.handshake.sid });
      await socket.opened();
      socket.send(...messages);
      await within("the end of the WebSocket", socket.closed);
      await session.post(echo("still here"));
      expect(await session.poll()).toBe(echoed("still here"));
      expect(server.left).toEqual([]);
    });

    it("fails when it takes too long, and polling continues", async () => {
      const server = await startEcho({ upgradeTimeout: 50 });
      const { session, socket } = await probe(server);
      await within("the end of the WebSocket", socket.closed);
      await session.post(echo("still here"));
      expect(await session.poll()).toBe(echoed("still here"));
    });

    it("can be tried again after it has failed", async () => {
      const server = await startEcho();
      const { socket, sid } = await probe(server);
      socket.terminate();
      await soon(async () => {
        const second = new RawSocket(server.url, { sid });
        await Promise.race([second.opened(), second.closed]);
        second.send("2probe");
        await Promise.race([second.next(), second.closed]);
        second.send("5", echo("hello"));
        return second.next();
      }).toBe(echoed("hello"));
    });
  });
});

describe("Socket.IO", () => {
  describe("connect", () => {
    it.each([
      { title: "the main namespace", sent: "40", prefix: "40", auth: '42["auth",{}]' },
      {
        title: "it with a payload",
        sent: '40{"token":"123"}',
        prefix: "40",
        auth: '42["auth",{"token":"123"}]',
      },
      { title: "another namespace", sent: "40/custom,", prefix: "40/custom,", auth: '42/custom,["auth",{}]' },
      {
        title: "that without the comma",
        sent: "40/custom",
        prefix: "40/custom,",
        auth: '42/custom,["auth",{}]',
      },
      {
        title: "that with a payload",
        sent: '40/custom,{"token":"abc"}',
        prefix: "40/custom,",
        auth: '42/custom,["auth",{"token":"abc"}]',
      },
    ])("opens $title, and only then sends events", async ({ sent, prefix, auth }) => {
      const { url } = await startEcho();
      const { socket, handshake } = await RawSocket.open(url);
      socket.send(sent);
      const [acceptance, event] = await socket.nextFew(2);
      expect(String(acceptance).startsWith(prefix)).toBe(true);
      const data = JSON.parse(String(acceptance).slice(prefix.length));
      expect(data).toEqual({ sid: expect.stringMatching(/^sid~[\w-]{20,}$/) });
      expect(data.sid).not.toBe(handshake.sid);
      expect(event).toBe(auth);
    });

    it("is refused in an unknown namespace", async () => {
      const { url } = await startEcho();
      const { socket } = await RawSocket.open(url);
      socket.send("40/random");
      expect(await socket.next()).toBe('44/random,{"message":"Invalid namespace"}');
      socket.send("40");
      expect(await socket.next()).toMatch(/^40\{/);
    });

    it.each(["4abc", "4", "40[]", '40"text"', "40{", "40/custom,[1]", "49", '44{"message":"no"}'])(
      "ends the connection upon %j",
      async (message) => {
        const server = await startEcho();
        const { socket } = await RawSocket.open(server.url);
        socket.send(message);
        await within("the end", socket.closed);
        expect(closeReasons(server)).toEqual(["parse error"]);
      },
    );

    it("ends the connection when it does not come in time", async () => {
      const server = await startEcho({ connectTimeout: 50 });
      const { socket } = await RawSocket.open(server.url);
      await within("the end", socket.closed);
      expect(closeReasons(server)).toEqual(["connect timeout"]);
    });

    it("a second time ends the first membership and begins another", async () => {
      const { url, left } = await startEcho();
      const socket = await joinEcho(url);
      socket.send('40{"again":true}', echo("hello"));
      expect(await socket.nextFew(3)).toEqual([
        expect.stringMatching(/^40\{"sid"/),
        '42["auth",{"again":true}]',
        echoed("hello"),
      ]);
      expect(left).toHaveLength(1);
    });
  });

  describe("disconnect", () => {
    it("leaves the main namespace; the connection stays open", async () => {
      const server = await startEcho({ pingInterval: 50, pingTimeout: 5000 });
      const socket = await joinEcho(server.url);
      socket.send("41");
      await soon(() => server.left).toEqual(["/ client namespace disconnect"]);
      expect(await socket.next()).toBe("2");
    });

    it("leaves another namespace, and not the main one", async () => {
      const server = await startEcho();
      const socket = await joinEcho(server.url);
      socket.send("40/custom");
      await socket.nextFew(2);
      socket.send("41/custom", '42/custom,["message","lost"]', echo("to the main one"));
      expect(await socket.next()).toBe(echoed("to the main one"));
      expect(server.left).toEqual(["/custom client namespace disconnect"]);
    });

    it("of the server has a packet of its own", async () => {
      const { socketio, url } = await startEcho();
      socketio.on("bye", () => socketio.disconnect({ sid: request.sid }));
      const socket = await joinEcho(url);
      socket.send('42["bye"]', echo("too late"));
      expect(await socket.next()).toBe("41");
    });
  });

  describe("messages", () => {
    it("carry text", async () => {
      const { url } = await startEcho();
      const socket = await joinEcho(url);
      socket.send('42["message",1,"2",{"3":[true]}]');
      expect(await socket.next()).toBe('42["message-back",1,"2",{"3":[true]}]');
    });

    it("carry binary", async () => {
      const { url } = await startEcho();
      const socket = await joinEcho(url);
      const placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
      socket.send(`452-["message",${placeholders}]`, Uint8Array.from([1, 2, 3]), Uint8Array.from([4, 5, 6]));
      expect(await socket.nextFew(3)).toEqual([
        `452-["message-back",${placeholders}]`,
        Buffer.from([1, 2, 3]),
        Buffer.from([4, 5, 6]),
      ]);
    });

    it("are acknowledged with their id", async () => {
      const { url } = await startEcho();
      const socket = await joinEcho(url);
      socket.send('42456["message-with-ack",1,"2",{"3":[false]}]');
      expect(await socket.next()).toBe('43456[1,"2",{"3":[false]}]');
      socket.send('420["message-with-ack"]');
      expect(await socket.next()).toBe("430[]");
    });

    it("are acknowledged with binary", async () => {
      const { url } = await startEcho();
      const socket = await joinEcho(url);
      const placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
      socket.send(
        `452-789["message-with-ack",${placeholders}]`,
        Uint8Array.from([1, 2]),
        Uint8Array.from([3]),
      );
      expect(await socket.nextFew(3)).toEqual([
        `462-789[${placeholders}]`,
        Buffer.from([1, 2]),
        Buffer.from([3]),
      ]);
    });

    it("are acknowledged in their namespace", async () => {
      const { url } = await startEcho();
      const socket = await joinEcho(url, "/custom");
      socket.send('42/custom,7["message-with-ack","yes"]');
      expect(await socket.next()).toBe('43/custom,7["yes"]');
    });

    it.each([
      { title: "of an unknown type", messages: ["4abc"] },
      { title: "whose payload is no list", messages: ["42{}"] },
      { title: "whose payload is empty", messages: ["42[]"] },
      { title: "whose payload is no JSON", messages: ['42["message"'] },
      { title: "whose event has no name", messages: ["42[{}]"] },
      { title: "whose event has a reserved name", messages: ['42["disconnect"]'] },
      { title: "whose id is no number", messages: ['42abc["message-with-ack",1]'] },
      { title: "that acknowledges nothing", messages: ["43[]"] },
      {
        title: "with bytes that were not announced",
        reason: "attachment unexpected",
        messages: [Uint8Array.from([1])],
      },
      {
        title: "with text where bytes were announced",
        reason: "attachment expected",
        messages: ['451-["message",{"_placeholder":true,"num":0}]', echo("hello")],
      },
      {
        title: "with a place for bytes that do not come",
        messages: ['451-["message",{"_placeholder":true,"num":1}]'],
      },
      {
        title: "with too many attachments",
        reason: "too many attachments",
        messages: [`4511-["message"]`],
      },
      {
        title: "for a namespace that was not joined",
        reason: "not in namespace",
        messages: ['42/custom,["message","not in"]'],
      },
    ])("end the connection when they are $title", async ({ messages, reason = "parse error" }) => {
      const server = await startEcho();
      const socket = await joinEcho(server.url);
      const other = await joinEcho(server.url);
      socket.send(...messages);
      await within("the end", socket.closed);
      expect(server.left).toEqual([`/ ${reason}`]);
      other.send(echo("untouched"));
      expect(await other.next()).toBe(echoed("untouched"));
    });

    it("that acknowledge an unknown id are ignored", async () => {
      const { url } = await startEcho();
      const socket = await joinEcho(url);
      socket.send('4399["made up"]', echo("hello"));
      expect(await socket.next()).toBe(echoed("hello"));
    });
  });
});
