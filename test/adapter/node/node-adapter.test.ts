import { once } from "node:events";
import { createServer } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { NodeAdapter, type NodeUpgrade } from "../../../src/adapter/node/node-adapter.ts";
import type { HttpExchange, UpgradeExchange, WebSocketLink } from "../../../src/engine/ports.ts";
import { soon } from "../../support/waiting.ts";
import { FakeSink } from "../fake-sink.ts";

const options = { maxHttpBufferSize: 1000, maxFragments: 10, perMessageDeflate: false, directSockets: true };

/** A server with an adapter, and a client that speaks to it in memory. */
function start(asksForBodies = false) {
  const server = createServer((_request, response) => response.end("page"));
  const sink = new FakeSink();
  const adapter = new NodeAdapter(server, sink, { ...options, asksForBodies });
  // Without such a listener Node asks for each body by itself.
  if (asksForBodies) server.on("checkContinue", (...given) => server.emit("request", ...given));
  const [client, accepted] = duplexPair();
  Object.assign(accepted, { setTimeout() {} });
  server.emit("connection", accepted);
  let heard = "";
  client.on("data", (bytes) => {
    heard += String(bytes);
  });
  onTestFinished(() => {
    client.destroy();
    accepted.destroy();
  });
  return { adapter, sink, accepted, client, heard: () => heard };
}

function post(client: Duplex, ...fields: string[]): void {
  client.write(`POST /socket.io/ HTTP/1.1\r\nHost: h\r\n${fields.join("\r\n")}\r\n\r\n`);
}

function askForWebSocket(client: Duplex): void {
  client.write(
    "GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
}

describe("NodeAdapter, reading bodies that their senders hold back", () => {
  const announce = (length: number) => [`Content-Length: ${length}`, "Expect: 100-continue"];

  /** A server that reads all bodies up to 1000 bytes, and answers with the length of each. */
  function startReading(asksForBodies: boolean) {
    const started = start(asksForBodies);
    started.sink.onRequest = async (exchange) => {
      const body = await exchange.readBody(1000);
      exchange.respond({ status: 200, headers: {}, body: `${body?.length ?? "too long"}` });
    };
    return started;
  }

  it("asks for a body when it is read", async () => {
    const { client, heard } = startReading(true);
    post(client, ...announce(3));
    await soon(heard).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.write("abc");
    await soon(heard).toMatch(/HTTP\/1\.1 200 OK\r\n.*\r\n3$/s);
  });

  it("asks for no body that is too long", async () => {
    const { client, heard } = startReading(true);
    post(client, ...announce(1001));
    await soon(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\ntoo long$/s);
  });

  it("asks for no body whose sender does not wait", async () => {
    const { client, heard } = startReading(true);
    post(client, "Content-Length: 3");
    client.write("abc");
    await soon(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n3$/s);
  });
});

describe("NodeAdapter, answering", () => {
  it("sends the first of two answers, and none after the peer is gone", async () => {
    const { client, sink, accepted, heard } = start();
    let exchange: HttpExchange | undefined;
    sink.onRequest = (given) => {
      exchange = given;
    };
    post(client, "Content-Length: 0");
    await soon(() => exchange).toBeDefined();
    exchange?.respond({ status: 200, headers: {}, body: "first" });
    exchange?.respond({ status: 500, headers: {}, body: "second" });
    await soon(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\nfirst$/s);
    accepted.destroy();
    expect(() => exchange?.respond({ status: 500, headers: {}, body: "third" })).not.toThrow();
  });

  it("hands each answer to its socket in one piece, also where requests come together", async () => {
    const { client, sink, accepted, heard } = start();
    const pieces = vi.spyOn(accepted, "write");
    sink.onRequest = (exchange) => {
      exchange.respond({ status: 200, headers: {}, body: `answer to ${exchange.request.url}` });
    };
    client.write(["a", "b"].map((name) => `GET /socket.io/?${name} HTTP/1.1\r\nHost: h\r\n\r\n`).join(""));
    await soon(heard).toMatch(/answer to \/socket\.io\/\?aHTTP.*answer to \/socket\.io\/\?b$/s);
    const isWhole = /^HTTP\/1\.1 200 OK\r\n.*answer to \/socket\.io\/\?[ab]$/s;
    const given = pieces.mock.calls.map(([piece]) => String(piece)).filter((piece) => piece !== "");
    expect(given).toEqual([expect.stringMatching(isWhole), expect.stringMatching(isWhole)]);
  });

  it("tells that the peer went away before it was answered", async () => {
    const { client, sink, accepted } = start();
    let exchange: HttpExchange | undefined;
    const ends: boolean[] = [];
    sink.onRequest = (given) => {
      exchange = given;
      exchange.onEnd((isTaken) => ends.push(isTaken));
    };
    client.write("GET /socket.io/ HTTP/1.1\r\nHost: h\r\n\r\n");
    await soon(() => exchange).toBeDefined();
    accepted.destroy();
    await soon(() => ends).toEqual([false]);
  });

  it("leaves its path to the application once it is detached", async () => {
    const { adapter, client, heard } = start();
    adapter.detach();
    client.write("GET /socket.io/ HTTP/1.1\r\nHost: h\r\n\r\n");
    await soon(heard).toMatch(/\r\npage$/);
  });
});

describe("NodeAdapter, accepting WebSockets", () => {
  it("cuts the WebSocket when the layer above cannot take it, and hands the error on", async () => {
    const { client, sink, accepted } = start();
    const fault = new Error("of the layer above");
    let caught: unknown;
    sink.onUpgrade = (exchange) => {
      try {
        exchange.accept({}, () => {
          throw fault;
        });
      } catch (error) {
        caught = error;
      }
    };
    askForWebSocket(client);
    await once(accepted, "close");
    expect(caught).toBe(fault);
  });

  it("opens none for a client that has left while it was decided about", async () => {
    const { client, sink, accepted } = start();
    let upgrade: UpgradeExchange | undefined;
    sink.onUpgrade = (exchange) => {
      upgrade = exchange;
    };
    askForWebSocket(client);
    await soon(() => upgrade).toBeDefined();
    accepted.destroy();
    const opened: WebSocketLink[] = [];
    upgrade?.accept({}, (link) => {
      opened.push(link);
      return { onText() {}, onBinary() {}, onClose() {} };
    });
    upgrade?.refuse({ status: 400, headers: {} });
    expect(opened).toEqual([]);
  });

  it("gives a request up for another process, unless TLS has agreed upon keys with this one", async () => {
    for (const encrypted of [false, true]) {
      const { client, sink, accepted } = start();
      Object.assign(accepted, { encrypted });
      let upgrade: UpgradeExchange | undefined;
      sink.onUpgrade = (exchange) => {
        upgrade = exchange;
      };
      askForWebSocket(client);
      await soon(() => upgrade).toBeDefined();
      const detached = (upgrade as NodeUpgrade).detach();
      if (encrypted) expect(detached).toBeNull();
      else expect(detached).toMatchObject({ method: "GET", url: "/socket.io/?EIO=4", socket: accepted });
    }
  });
});
