/** Compressed WebSocket messages with the clients that users have: runtimes, a browser, TLS and HTTP/2. */

import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect as connectSession, createSecureServer } from "node:http2";
import { promisify } from "node:util";
import { constants, deflateRawSync } from "node:zlib";
import { SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { bun, nodeLts, otherNodes } from "../support/runtimes.ts";
import { serverFrames } from "../support/server-frames.ts";
import { soon, within } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";
import { certificate } from "./support/certificate.ts";
import { connect } from "./support/clients.ts";
import { MemoryLogger } from "./support/memory-logger.ts";

const run = promisify(execFile);

/** The lengths of the texts: some are compressed, some in the thread pool. */
const lengths = [10, 1500, 5000, 40_000, 200_000];
const agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

function serve(socketio: SocketIO): void {
  socketio.on("echo", (value) => socketio.emit("echoed", value));
  socketio.on("ask", (value) => value);
  onTestFinished(() => socketio.stop());
}

async function start(options: SocketIOOptions = {}, run = {}) {
  const socketio = new SocketIO({ logger: new MemoryLogger(), perMessageDeflate: true, ...options });
  serve(socketio);
  const { url, port } = await socketio.run({ port: 0, ...run });
  return { socketio, url, port };
}

/**
 * A client on the WebSocket that its runtime or browser has. It has each text and each binary message sent
 * back, and says what was agreed upon and which of them were right.
 */
const client = `(url, lengths) => new Promise((resolve, reject) => {
  const textOf = (length) => "a text that compresses well, ".repeat(length).slice(0, length);
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const right = [];
  let next = 0;
  const ask = () => {
    if (next === 2 * lengths.length) {
      resolve({ extensions: socket.extensions, right });
      socket.close();
      return;
    }
    const text = textOf(lengths[next >> 1]);
    if ((next & 1) === 0) socket.send("42" + JSON.stringify(["echo", text]));
    else {
      socket.send('451-["echo",{"_placeholder":true,"num":0}]');
      socket.send(new TextEncoder().encode(text));
    }
    next += 1;
  };
  socket.onerror = () => reject(new Error("the WebSocket failed"));
  socket.onclose = ({ code }) => reject(new Error("the WebSocket closed with " + code));
  socket.onmessage = ({ data }) => {
    const text = textOf(lengths[(next - 1) >> 1]);
    if (typeof data !== "string") right.push(new TextDecoder().decode(data) === text);
    else if (data === "2") return void socket.send("3");
    else if (data[0] === "0") return void socket.send("40");
    else if (data.startsWith("451")) return;
    else if (!data.startsWith("40")) right.push(data === "42" + JSON.stringify(["echoed", text]));
    ask();
  };
})`;

const webSocketUrl = (url: string) => `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
const allRight = { extensions: agreed, right: lengths.flatMap(() => [true, true]) };

describe("a server that compresses serves", () => {
  const thisNode = { name: "this Node", path: process.execPath };
  const nodes = [...otherNodes, nodeLts].filter(
    ({ name }, index, all) => all.findIndex((each) => each.name === name) === index,
  );
  // Node 20 has no WebSocket of its own.
  const runtimes = [...(Number(process.versions.node.split(".")[0]) >= 22 ? [thisNode] : []), ...nodes, bun];

  for (const { name, path = "" } of runtimes)
    it.skipIf(path === "")(`the WebSocket of ${name}`, async () => {
      const { url } = await start();
      const program = `(${client})(${JSON.stringify(webSocketUrl(url))}, ${JSON.stringify(lengths)}).then((found) => {
        console.log(JSON.stringify(found));
        process.exit(0);
      });`;
      const { stdout } = await within("the program", run(path, ["-e", program]));
      expect(JSON.parse(stdout)).toEqual(allRight);
    });

  it.skipIf(skipsBrowser)("the WebSocket of a browser", async () => {
    const { url } = await start();
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${url}/socket.io/socket.io.js`);
    const found = await page.evaluate(
      `(${client})(${JSON.stringify(webSocketUrl(url))}, ${JSON.stringify(lengths)})`,
    );
    expect(found).toEqual(allRight);
  });

  it("stock clients over TLS", async () => {
    const { url } = await start({}, { tls: certificate });
    const socket = await connect(url, { transports: ["websocket"], ca: certificate.cert });
    for (const length of lengths) {
      const value = ["x".repeat(length), Buffer.alloc(length, "x")];
      expect(await socket.emitWithAck("ask", value)).toEqual(value);
    }
  });

  it("WebSockets over HTTP/2", async () => {
    const server = createSecureServer({ ...certificate, settings: { enableConnectProtocol: true } });
    const socketio = new SocketIO(server, { logger: new MemoryLogger(), perMessageDeflate: true });
    serve(socketio);
    const { url } = await socketio.run({ port: 0 });
    const session = connectSession(url, { ca: certificate.cert });
    onTestFinished(() => session.destroy());
    await within("the settings", once(session, "remoteSettings"));
    const open = async (offer: string) => {
      const stream = session.request(
        {
          ":method": "CONNECT",
          ":protocol": "websocket",
          ":path": "/socket.io/?EIO=4&transport=websocket",
          "sec-websocket-version": "13",
          "sec-websocket-extensions": offer,
        },
        { endStream: false },
      );
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      const [headers] = await within("the answer", once(stream, "response"));
      return { stream, headers, frames: () => serverFrames([Buffer.concat(chunks)]) };
    };
    expect((await open("permessage-deflate; =")).headers).toMatchObject({ ":status": 400 });
    const { stream, headers, frames } = await open("permessage-deflate; client_max_window_bits");
    expect(headers).toMatchObject({ ":status": 200, "sec-websocket-extensions": agreed });
    const text = "x".repeat(5000);
    for (const message of ["40", `42["echo","${text}"]`]) {
      const payload = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
      stream.write(Buffer.concat([Buffer.from([0xc1, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
    }
    await soon(() => frames().length).toBe(3);
    expect(frames()[2]).toMatchObject({ isCompressed: true, text: `42["echoed","${text}"]` });
  });
});
