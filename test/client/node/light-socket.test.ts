import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { ByteTraffic } from "../../../src/client/node/light-socket.ts";
import { NodeNetwork } from "../../../src/client/node/node-network.ts";
import { expiredCertificate } from "../../support/broken-certificates.ts";
import { soon } from "../../support/waiting.ts";

let stop: () => void = () => {};

afterEach(() => stop());

async function listen(http: Server): Promise<number> {
  http.listen(0, "127.0.0.1");
  await new Promise((resolve) => http.once("listening", resolve));
  stop = () => {
    http.close();
    http.closeAllConnections();
  };
  return (http.address() as AddressInfo).port;
}

/** Opens a WebSocket to a server of `ws`. */
async function open(scheme: "http" | "https" = "http") {
  const http = scheme === "http" ? createServer() : createSecureServer(expiredCertificate);
  const server = new WebSocketServer({ server: http });
  const peers: WebSocket[] = [];
  const heard: string[] = [];
  server.on("connection", (peer) => {
    peers.push(peer);
    peer.on("message", (data, isBinary) => heard.push(isBinary ? `<${data}>` : String(data)));
    peer.on("close", (code) => heard.push(`closed ${code}`));
  });
  const port = await listen(http);
  const before = stop;
  stop = () => {
    for (const peer of peers) peer.terminate();
    before();
  };
  const connected = connect(`${scheme}://127.0.0.1:${port}`);
  await soon(() => connected.seen.length + peers.length).toBe(2);
  const [peer] = peers;
  if (peer === undefined) throw new Error("no WebSocket was opened");
  return { ...connected, peer, heard };
}

function connect(origin: string) {
  const seen: unknown[] = [];
  const traffic: ByteTraffic = { received: 0, sent: 0 };
  const settings = { origin, path: "/", query: {}, headers: {}, acceptsAnyCertificate: true };
  const link = new NodeNetwork({ ...settings, light: true, traffic }).openWebSocket(
    {},
    {
      opened: () => seen.push("opened"),
      received: (data) => seen.push(typeof data === "string" ? data : [...data]),
      refused: ({ status, body }) => seen.push({ status, body }),
      failed: ({ code }) => seen.push({ code }),
      closed: (code, reason) => seen.push({ closed: code, reason }),
    },
  );
  return { link, seen, traffic };
}

describe.each(["http", "https"] as const)("a light WebSocket over %s", (scheme) => {
  it("carries messages of any kind and length in order, and counts their bytes", async () => {
    const { link, seen, heard, peer, traffic } = await open(scheme);
    const long = "x".repeat(100_000);
    for (const text of ["one", "zwölf", long]) link.send(text);
    link.send(Uint8Array.of(0x61));
    await link.flushed();
    await soon(() => heard).toEqual(["one", "zwölf", long, "<a>"]);
    for (const message of ["two", long, Uint8Array.of(1, 2)]) peer.send(message);
    await soon(() => seen).toEqual(["opened", "two", long, [1, 2]]);
    expect(traffic).toEqual({ sent: 9 + 12 + 100_014 + 7, received: 5 + 100_010 + 4 });
  });

  it("answers pings, and tells why the server closed it", async () => {
    const { seen, heard, peer } = await open(scheme);
    const pong = new Promise((resolve) => peer.once("pong", (data) => resolve(String(data))));
    peer.ping("still there?");
    expect(await pong).toBe("still there?");
    peer.close(4001, "enough");
    await soon(() => seen).toEqual(["opened", { closed: 4001, reason: "enough" }]);
    await soon(() => heard).toEqual(["closed 4001"]);
  });
});

it("closes in order, and ends at once without a word", async () => {
  const first = await open();
  first.link.close();
  await soon(() => first.heard).toEqual(["closed 1000"]);
  stop();
  const second = await open();
  second.link.abort();
  await soon(() => second.heard).toEqual(["closed 1006"]);
  expect(second.seen).toEqual(["opened"]);
});

it("tells that the server has broken the connection, or the rules", async () => {
  const first = await open();
  first.peer.terminate();
  await soon(() => first.seen).toEqual(["opened", { closed: 1006, reason: "" }]);
  stop();
  const second = await open();
  Reflect.get(second.peer, "_socket").write(Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5]));
  await soon(() => second.seen).toEqual(["opened", { code: "INVALID_FRAME" }]);
});

it("tells a refusal with its body, an answer that is none, and that nothing listens", async () => {
  const http = createServer((_, response) => {
    response.writeHead(403).end("not you");
  });
  http.on("upgrade", (_, socket) => {
    socket.end(
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
    );
  });
  const port = await listen(http);
  const wrong = connect(`http://127.0.0.1:${port}`);
  await soon(() => wrong.seen).toEqual([{ code: "INVALID_HANDSHAKE" }]);
  http.removeAllListeners("upgrade");
  const refused = connect(`http://127.0.0.1:${port}`);
  await soon(() => refused.seen).toEqual([{ status: 403, body: "not you" }]);
  stop();
  const absent = connect(`http://127.0.0.1:${port}`);
  await soon(() => absent.seen).toEqual([{ code: "ECONNREFUSED" }]);
});
