/**
 * One suite of scenarios for three pairs: the client of `roomcast/client` and the stock client with
 * Roomcast's server, and the former with Socket.IO's own server; also with MessagePack and compressed.
 */

import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ClientError, type ConnectOptions, connect } from "roomcast/client";
import { messagePack } from "roomcast/msgpack";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import {
  type HostSettings,
  maxHttpBufferSize,
  roomcastHost,
  type ScenarioHost,
  type StartHost,
  stockHost,
} from "../support/scenario-hosts.ts";
import { type MakePeer, type PeerSettings, smallPeer, stockPeer } from "../support/scenario-peers.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { soon } from "../support/waiting.ts";

const pairs = [
  ["roomcast/client with Roomcast", smallPeer, roomcastHost, {}],
  ["socket.io-client 4.8 with Roomcast", stockPeer, roomcastHost, {}],
  ["roomcast/client with socket.io 4.8", smallPeer, stockHost, {}],
  ["roomcast/client with Roomcast, MessagePack", smallPeer, roomcastHost, { msgpack: true }],
  ["roomcast/client with socket.io 4.8, MessagePack", smallPeer, stockHost, { msgpack: true }],
  ["roomcast/client with Roomcast, compressed", smallPeer, roomcastHost, { compressed: true }],
  ["socket.io-client 4.8 with Roomcast, compressed", stockPeer, roomcastHost, { compressed: true }],
  ["roomcast/client with socket.io 4.8, compressed", smallPeer, stockHost, { compressed: true }],
] satisfies [string, MakePeer, StartHost, HostSettings][];

describe.each(pairs)("%s", (_name, make, start, hostSettings) => {
  const { msgpack = false, compressed = false }: HostSettings = hostSettings;
  let host: ScenarioHost;
  const at = (path = "") => `http://127.0.0.1:${host.port}${path}`;
  const client = (path = "", settings: PeerSettings = {}) => make(at(path), { msgpack, ...settings });

  beforeAll(async () => {
    host = await start(hostSettings);
  });
  afterAll(() => host.stop());

  it("joins with auth, and gets what the server sends at once", async () => {
    const peer = client("", { auth: { token: "x" } });
    await soon(() => peer.received).toEqual([["welcome", { token: "x" }]]);
    expect(peer.state).toBe("connected");
    const other = client();
    await soon(() => other.received).toEqual([["welcome", null]]);
  });

  it("carries values of every kind in both directions", async () => {
    const peer = client();
    const values = [
      "é\u{1F600}",
      1.5,
      -1,
      true,
      null,
      [1, [2]],
      { a: { b: "c" } },
      "",
      new Uint8Array([0, 255]),
    ];
    for (const value of values) expect(await peer.call("echo", value)).toEqual(value);
    expect(await peer.call("echo", 1, "two")).toEqual([1, "two"]);
    expect(await peer.call("none")).toBeUndefined();
    peer.emit("back", "a", new Uint8Array([1]), new Uint8Array([2]));
    await soon(() => peer.received.at(-1)).toEqual(["back", "a", new Uint8Array([1]), new Uint8Array([2])]);
  });

  it("keeps the order of events and answers", async () => {
    const peer = client();
    const calls = Array.from({ length: 50 }, (_, index) => peer.call("echo", index));
    for (let index = 0; index < 50; index++) peer.emit("back", index);
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    const backs = () => peer.received.filter(([event]) => event === "back").map(([, value]) => value);
    await soon(backs).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it("answers the server", async () => {
    const peer = client();
    peer.answer("double", (value) => Number(value) * 2);
    expect(await peer.call("ask")).toBe(42);
    peer.answer("reverse", (bytes) => new Uint8Array(bytes as Uint8Array).reverse());
    expect(await peer.call("ask", "reverse", new Uint8Array([1, 2, 3]))).toEqual(new Uint8Array([3, 2, 1]));
  });

  it("carries bytes within values, none and many, in both directions", async () => {
    const peer = client();
    const large = new Uint8Array(10_000).map((_, index) => index % 251);
    const value = { file: { bytes: new Uint8Array([1, 2]), none: new Uint8Array(0) }, list: [large, "text"] };
    expect(await peer.call("echo", value)).toEqual(value);
    peer.emit("back", value, large);
    await soon(() => peer.received.at(-1)).toEqual(["back", value, large]);
  });

  it("compresses large events where the server does, and nothing else", async () => {
    const peer = client();
    const text = "tea and milk ".repeat(10_000);
    expect(await peer.call("echo", text)).toBe(text);
    expect(await peer.call("echo", "small")).toBe("small");
    expect(peer.extensions).toBe(compressed ? "permessage-deflate" : "");
  });

  it("takes names of events with every character", async () => {
    expect(await client().call('odd "name"\n\u{1F600}')).toBe("odd");
  });

  it("sends what was emitted before it was connected, in order", async () => {
    const peer = client("/chat");
    for (let index = 0; index < 20; index++) peer.emit("back", index);
    const values = Array.from({ length: 20 }, (_, index) => ["back", index]);
    await soon(() => peer.received).toEqual(values);
  });

  it("gives up an answer that does not come in time", async () => {
    const peer = client();
    expect(await peer.hasNoAnswer("never", 100)).toBe(true);
    expect(await peer.call("echo", 1)).toBe(1);
  });

  it("gets the code and the data with which the server refuses an event", async () => {
    expect(await client().failure("muted")).toMatchObject({ code: "muted", data: { until: 5 } });
  });

  it("sends volatile events with a connection, and drops them without one", async () => {
    const network = await TcpProxy.open(host.port);
    onTestFinished(() => network.stop());
    const peer = make(`${network.url}/chat`, { msgpack });
    await peer.call("where");
    peer.emitVolatile("back", "sent");
    await soon(() => peer.received).toEqual([["back", "sent"]]);
    network.cut();
    await soon(() => peer.state).toBe("lost");
    peer.emitVolatile("back", "dropped");
    peer.emit("back", "waited");
    network.restore();
    await soon(() => peer.received.at(-1)).toEqual(["back", "waited"]);
    // The stock client looks at its last connection, and may keep such an event for the next one.
    if (make === smallPeer) expect(peer.received).toHaveLength(2);
  });

  it("sends new auth when the server says that it expires, and stays", async () => {
    let count = 0;
    const auth = () => ({ token: `token ${++count}` });
    const peer = client("/expiring", { auth, renew: "authenticate" });
    await soon(() => peer.state).toBe("connected");
    const { id } = peer;
    await soon(() => peer.call("token")).toBe("token 2");
    expect(peer.id).toBe(id);
    expect(peer.reasons).toEqual([]);
  });

  it("has no harm from an event that is over the server's limit", async () => {
    const peer = client("/chat");
    await peer.call("where");
    const { id } = peer;
    const large = "x".repeat(maxHttpBufferSize + 1);
    if (make === smallPeer) {
      expect(() => peer.emit("back", large)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD" }));
      await expect(peer.call("echo", large)).rejects.toMatchObject({ code: "ERR_PAYLOAD" });
      expect(peer.id).toBe(id);
    } else {
      // The stock client sends it, and loses the connection.
      peer.emit("back", large);
      await soon(() => peer.reasons).toEqual(["transport close"]);
    }
    expect(await peer.call("echo", "small")).toBe("small");
    expect(peer.received).toEqual([]);
  });

  it("joins other namespaces", async () => {
    expect(await client("/chat").call("where")).toBe("/chat");
  });

  it("has several namespaces on one connection, and leaves each alone", async () => {
    await soon(() => host.connections).toBe(0);
    const peer = client();
    const [chat, closed] = [peer.of("/chat"), peer.of("/closed")];
    expect(await Promise.all([peer.call("where"), chat.call("where")])).toEqual(["/", "/chat"]);
    await soon(() => closed.refusals).toMatchObject([{ message: "no ticket" }]);
    expect(host.connections).toBe(1);
    const calls = [1, 2, 3].flatMap((value) => [peer.call("echo", value), chat.call("echo", -value)]);
    expect(await Promise.all(calls)).toEqual([1, -1, 2, -2, 3, -3]);
    chat.emit("back", 1);
    await soon(() => chat.received).toEqual([["back", 1]]);
    chat.disconnect();
    expect(await peer.call("where")).toBe("/");
    expect([peer.state, chat.state, peer.received]).toEqual(["connected", "closed", [["welcome", null]]]);
  });

  it("is refused with a message and data", async () => {
    const peer = client("/closed");
    await soon(() => peer.refusals.length).toBe(1);
    expect(peer.refusals[0]).toMatchObject({ message: "no ticket", data: { help: "buy one" } });
    expect(peer.state).toBe("closed");
  });

  it("stays away after a disconnect by the server or by itself", async () => {
    const peer = client("/chat");
    peer.emit("leave");
    await soon(() => peer.state).toBe("closed");
    expect(peer.reasons).toEqual([expect.stringMatching(/^(io )?server /)]);
    const other = client();
    await soon(() => other.state).toBe("connected");
    other.disconnect();
    expect(other.state).toBe("closed");
  });

  it("comes back when the connection is lost, and sends what waited", async () => {
    const network = await TcpProxy.open(host.port);
    onTestFinished(() => network.stop());
    const peer = make(`${network.url}/chat`, { msgpack });
    await peer.call("where");
    network.cut();
    await soon(() => peer.state).toBe("lost");
    peer.emit("back", "waited");
    network.restore();
    await soon(() => peer.received).toEqual([["back", "waited"]]);
  });

  it("gets what it missed, once and in order", async () => {
    const network = await TcpProxy.open(host.port);
    onTestFinished(() => network.stop());
    const peer = make(`${network.url}/recoverable`, { msgpack });
    await peer.call("where");
    host.say("before");
    await soon(() => peer.received.length).toBe(1);
    network.cut();
    await soon(() => peer.state).toBe("lost");
    for (let index = 0; index < 5; index++) host.say(index);
    network.restore();
    await soon(() => peer.state).toBe("connected");
    host.say("after");
    const values = ["before", 0, 1, 2, 3, 4, "after"];
    await soon(() => peer.received.map(([, value]) => value)).toEqual(values);
    expect(peer.recovered).toBe(true);
  });
});

describe("a server that cannot serve the small client", () => {
  /** The first error of a client, and its state then. */
  async function failure(url: string, options: ConnectOptions & { WebSocket?: unknown } = {}) {
    const socket = connect(url, { WebSocket: WebSocket as never, ...options });
    onTestFinished(() => socket.disconnect());
    const errors: ClientError[] = [];
    socket.on("connect_error", (error) => void errors.push(error));
    await soon(() => errors.length).toBe(1);
    return { code: errors[0]?.code, message: errors[0]?.message, state: socket.state };
  }

  it("is one clear error where there is none", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect(await failure(`http://127.0.0.1:${port}`)).toMatchObject({
      code: "ERR_UNREACHABLE",
      message: expect.stringContaining(`127.0.0.1:${port}`),
      state: "connecting",
    });
  });

  it("is one clear error where it refuses the page's origin", async () => {
    const host = await roomcastHost();
    onTestFinished(() => host.stop());
    class ForeignPage extends WebSocket {
      constructor(url: string) {
        super(url, { origin: "https://elsewhere.example" });
      }
    }
    expect(await failure(`http://127.0.0.1:${host.port}`, { WebSocket: ForeignPage as never })).toMatchObject(
      {
        code: "ERR_REFUSED",
        message: expect.stringMatching(/check path, origins and proxies.*403/),
      },
    );
  });

  it.each([
    ["Roomcast", "MessagePack", roomcastHost, true],
    ["Roomcast", "JSON", roomcastHost, false],
    ["socket.io 4.8", "MessagePack", stockHost, true],
    ["socket.io 4.8", "JSON", stockHost, false],
  ])(
    "is one clear error where %s speaks %s, and the client does not",
    async (_server, _parser, start, msgpack) => {
      const host = await start({ msgpack });
      onTestFinished(() => host.stop());
      expect(
        await failure(`http://127.0.0.1:${host.port}`, msgpack ? {} : { parser: messagePack }),
      ).toMatchObject({
        code: "ERR_PROTOCOL",
        message: expect.stringContaining("parser"),
        state: "connecting",
      });
    },
  );

  it("is one clear error where its path is another one", async () => {
    const host = await roomcastHost();
    onTestFinished(() => host.stop());
    expect(await failure(`http://127.0.0.1:${host.port}`, { path: "/elsewhere/" })).toMatchObject({
      code: "ERR_REFUSED",
      message: expect.stringMatching(/elsewhere.*check path, origins and proxies/),
    });
  });

  it("is one clear error where it speaks Socket.IO 2", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { default: attach } = (await import("socket.io-2" as string)) as {
      default: (server: HttpServer) => { close(): void };
    };
    const old = attach(server);
    onTestFinished(() => old.close());
    expect(await failure(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).toMatchObject({
      code: "ERR_PROTOCOL",
      message: expect.stringContaining("Socket.IO 2"),
      state: "closed",
    });
  });
});
