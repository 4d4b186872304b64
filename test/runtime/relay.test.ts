import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  connect as tcpConnect,
} from "node:net";
import { connect as tlsConnect } from "node:tls";
import { io } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { NodeAdapter } from "../../src/adapter/node/node-adapter.ts";
import { resolveOptions } from "../../src/base/options.ts";
import { systemClock } from "../../src/base/time/clock.ts";
import { Trace } from "../../src/base/trace.ts";
import type { Connection, ConnectionListener } from "../../src/engine/connection.ts";
import { Engine } from "../../src/engine/engine.ts";
import { engineOptions } from "../../src/engine/engine-options.ts";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import type { HttpExchange } from "../../src/engine/ports.ts";
import { clientChannel, onlyKey, type PeerAddress } from "../../src/relay/peer-channel.ts";
import { PeerRelay } from "../../src/relay/peer-relay.ts";
import { PeerServer } from "../../src/relay/peer-server.ts";
import { deadline, soon, within } from "../support/waiting.ts";
import { Wire } from "../support/wire.ts";

/** Accepts clients into any namespace, and echoes their events. */
class Echo implements ConnectionListener {
  readonly #connection: Connection;
  /** Waits for its attachment. */
  #announced = "";

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  onText(text: string, start: number): void {
    const packet = text.slice(start);
    if (packet.startsWith("0"))
      this.#connection.send(new OutgoingPacket(`40{"sid":"${this.#connection.number}"}`));
    else this.#announced = `4${packet}`;
  }

  onBinary(bytes: Uint8Array): void {
    this.#connection.send(new OutgoingPacket(this.#announced, [bytes]));
  }

  onClose(): void {}
}

/** Limits that no test reaches. */
const longLimits = { longestSilence: 60_000, patience: 60_000, maxWaitingUpgrades: 1000 };
const shortLimits = { ...longLimits, longestSilence: 300, patience: 200 };

/** One of several processes that serve together. */
class Node {
  readonly engine: Engine;
  readonly server: Server;
  readonly relay: PeerRelay;
  readonly #peers: PeerServer;
  readonly #key = randomBytes(32);
  readonly #errors: unknown[] = [];
  address: PeerAddress | null = null;
  readonly connections: Connection[] = [];
  /** The number of requests from peers. */
  relayed = 0;

  constructor(
    name: string,
    nodes: ReadonlyMap<string, Node>,
    limits = longLimits,
    perMessageDeflate = false,
  ) {
    const options = resolveOptions(engineOptions, {}, "the test");
    const report = (error: unknown) => this.#errors.push(error);
    this.engine = new Engine(
      options,
      {
        onConnection: (connection) => {
          this.connections.push(connection);
          return new Echo(connection);
        },
        hasFile: () => false,
        serveFile: () => undefined,
        warn() {},
        report,
      },
      { clock: systemClock, trace: new Trace(report) },
    );
    const directory = { addressOf: (node: string) => nodes.get(node)?.address ?? undefined };
    this.relay = new PeerRelay(name, directory, { maxLength: options.maxHttpBufferSize, ...limits });
    this.engine.serveWith(this.relay);
    this.server = createServer();
    const adapterOptions = { ...options, perMessageDeflate };
    new NodeAdapter(this.server, this.engine, adapterOptions);
    const { peerSink } = this.engine;
    const countingSink = {
      ...peerSink,
      handleRequest: (exchange: HttpExchange) => {
        this.relayed += 1;
        peerSink.handleRequest(exchange);
      },
    };
    this.#peers = new PeerServer([{ identity: onlyKey, key: this.#key }], countingSink, adapterOptions);
  }

  /** The number of connections that are changing to a WebSocket. */
  get upgrades(): number {
    return this.engine.connections.upgrades.size;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get errors(): readonly unknown[] {
    return this.#errors;
  }

  async start(): Promise<void> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.address = { host: "127.0.0.1", port: await this.#peers.listen("127.0.0.1", 0), key: this.#key };
  }

  async stop(): Promise<void> {
    await this.engine.close(1000);
    this.relay.close();
    this.server.closeAllConnections();
    await Promise.all([this.#peers.close(), new Promise((resolve) => this.server.close(resolve))]);
  }
}

const startNodes = (...names: string[]) => startNodesWith(longLimits, ...names);

async function startNodesWith(limits: typeof longLimits, ...names: string[]): Promise<Node[]> {
  const nodes = new Map<string, Node>();
  for (const name of names) nodes.set(name, new Node(name, nodes, limits));
  await Promise.all([...nodes.values()].map((node) => node.start()));
  onTestFinished(async () => {
    await Promise.all([...nodes.values()].map((node) => node.stop()));
  });
  return [...nodes.values()];
}

/** A load balancer that sends each new network connection to the next process. */
async function startBalancer(nodes: readonly Node[]): Promise<string> {
  let next = 0;
  const open = new Set<Socket>();
  const server = createTcpServer((client) => {
    const target = nodes[next % nodes.length];
    next += 1;
    const upstream = tcpConnect(target?.port ?? 0, "127.0.0.1");
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(url: string, transports: string[]) {
  const client = io(url, { transports, forceNew: true, reconnection: false });
  onTestFinished(() => {
    client.disconnect();
  });
  return client;
}

async function handshake({ url }: Node): Promise<string> {
  const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  return (JSON.parse((await answer.text()).slice(1)) as { sid: string }).sid;
}

const pollOf = ({ url }: Node, sid: string) => `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;

describe("processes that serve together", () => {
  it.each([
    ["polls", ["polling"]],
    ["polls and changes to a WebSocket", ["polling", "websocket"]],
    ["begins with a WebSocket", ["websocket"]],
  ])("serve a client that %s, wherever its requests land", async (_, transports) => {
    const nodes = await startNodes("one", "two", "three");
    const url = await startBalancer(nodes);
    const clients = Array.from({ length: 10 }, () => open(url, transports));
    const received = clients.map((client) => {
      const numbers: number[] = [];
      client.on("number", (number: number, bytes: Buffer) => {
        expect(bytes).toEqual(Buffer.from([number]));
        numbers.push(number);
      });
      return numbers;
    });
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    for (const number of numbers)
      for (const client of clients) client.emit("number", number, Buffer.from([number]));
    for (const list of received) await soon(() => list).toEqual(numbers);
    if (transports.length === 2) {
      for (const client of clients) await soon(() => client.io.engine.transport.name).toBe("websocket");
      for (const client of clients) client.emit("number", 99, Buffer.from([99]));
      for (const list of received) await soon(() => list.at(-1)).toBe(99);
    }
    for (const node of nodes) expect(node.errors).toEqual([]);
    // The process that holds the connection notices when the client leaves.
    for (const client of clients) client.disconnect();
    await soon(() => nodes.map((node) => node.engine.connections.size)).toEqual([0, 0, 0]);
  });

  it("put their own name into the ids of their connections", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    expect(await handshake(one)).toMatch(/^one\.[\w-]{20}$/);
    expect(await handshake(two)).toMatch(/^two\.[\w-]{20}$/);
  });

  it("answer at once when the process of a connection is gone", async () => {
    const nodes = await startNodes("one", "two");
    const [one, two] = nodes as [Node, Node];
    const sid = await handshake(two);
    two.address = { ...(two.address as PeerAddress), port: 1 };
    const refused = await within("the answer", fetch(pollOf(one, sid)));
    expect([refused.status, await refused.json()]).toEqual([400, { code: 1, message: "Session ID unknown" }]);
    two.address = null;
    const unknown = await within("the answer", fetch(pollOf(one, sid)));
    expect([unknown.status, await unknown.json()]).toEqual([400, { code: 1, message: "Session ID unknown" }]);
  });

  it("end a poll that waits when the process that holds its connection dies", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    const poll = fetch(pollOf(one, sid));
    await two.stop();
    const answer = await within("the answer", poll);
    // Either its close packet or, if that was cut off, the error that the process is gone.
    expect([200, 400]).toContain(answer.status);
  });

  it("relay no invented ids, and no request in circles", async () => {
    const [one] = (await startNodes("one", "two")) as [Node, Node];
    for (const sid of ["nobody.abc", "two.abc", "one.abc", "abc", ".", "__proto__.x"]) {
      const answer = await within("the answer", fetch(pollOf(one, encodeURIComponent(sid))));
      expect([answer.status, await answer.json()]).toEqual([400, { code: 1, message: "Session ID unknown" }]);
    }
  });

  it("notice a client that disappears while its poll waits in another process", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    const leaving = new AbortController();
    const poll = fetch(pollOf(one, sid), { signal: leaving.signal });
    poll.catch(() => {});
    await soon(() => two.relayed).toBe(1);
    expect(two.engine.connections.size).toBe(1);
    leaving.abort();
    await soon(() => two.engine.connections.size).toBe(0);
  });

  it("relay no further poll of a client that does not read its answers", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    // More than the operating system buffers for a client.
    two.connections[0]?.send(new OutgoingPacket(`4${"x".repeat(20_000_000)}`));
    const pollUnread = () => {
      const socket = tcpConnect(one.port, "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => {});
      socket.write(`GET ${pollOf(one, sid).slice(one.url.length)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      return socket;
    };
    const first = pollUnread();
    await within("the answer's beginning", once(first, "readable"));
    pollUnread();
    // A later request is answered, and the poll has still not arrived.
    const response = await fetch(pollOf(one, sid), { method: "POST", body: "3" });
    expect([response.status, two.relayed]).toEqual([200, 2]);
    first.resume();
    await soon(() => two.relayed).toBe(3);
    expect(two.engine.connections.size).toBe(1);
  });

  it("compress nothing of another process, which alone knows its secrets", async () => {
    const nodes = new Map<string, Node>();
    const [one, two] = ["one", "two"].map((name) => new Node(name, nodes, longLimits, true)) as [Node, Node];
    for (const [name, node] of [
      ["one", one],
      ["two", two],
    ] as const)
      nodes.set(name, node);
    await Promise.all([one.start(), two.start()]);
    onTestFinished(() => Promise.all([one.stop(), two.stop()]).then(() => {}));
    const bytesFor = async (url: string) => {
      const socket = new WebSocket(url.replace("http", "ws").replace("polling", "websocket"));
      onTestFinished(() => socket.terminate());
      await within("the acceptance", once(socket, "open"));
      expect(socket.extensions).toContain("permessage-deflate");
      const { _socket } = socket as unknown as { _socket: Socket };
      const before = _socket.bytesRead;
      let count = 0;
      socket.on("message", () => {
        count += 1;
      });
      socket.send("2probe");
      await soon(() => count).toBe(1);
      for (const message of ["5", "40", '451-["long",{"_placeholder":true,"num":0}]']) socket.send(message);
      socket.send(Buffer.alloc(5000));
      await soon(() => count).toBe(4);
      return _socket.bytesRead - before;
    };
    expect(await bytesFor(pollOf(two, await handshake(two)))).toBeLessThan(1000);
    expect(await bytesFor(pollOf(one, await handshake(two)))).toBeGreaterThan(5000);
  });

  it("refuse connections without their key", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    const { address } = two;
    two.address = { ...(address as PeerAddress), key: randomBytes(32) };
    expect((await within("the answer", fetch(pollOf(one, sid)))).status).toBe(400);
    await expect(
      fetch(`http://127.0.0.1:${address?.port}/socket.io/?EIO=4&transport=polling`),
    ).rejects.toThrow();
    expect(two.engine.connections.size).toBe(1);
  });

  it("read no body for a session that does not exist", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    for (const fields of ["Content-Length: 900000", "Transfer-Encoding: chunked"]) {
      const wire = openWire(one.port);
      // No byte of the body ever comes.
      wire.write(`POST ${pathOf("two.made-up")} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n`);
      const answer = await wire.answer(deadline);
      expect([answer?.status, answer?.body]).toEqual([400, '{"code":1,"message":"Session ID unknown"}']);
    }
    expect([...one.errors, ...two.errors]).toEqual([]);
  });

  it("read one body at a time for a session, like its owner", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    const [first, second] = [openWire(one.port), openWire(one.port)];
    const head = `POST ${pathOf(sid)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n`;
    first.write(head, "4");
    await soon(() => two.relayed).toBe(1);
    second.write(head);
    expect((await second.answer(deadline))?.status).toBe(400);
    await soon(() => two.engine.connections.size).toBe(0);
  });

  it("refuse a body that is too long before its first byte, and end its session", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    const wire = openWire(one.port);
    wire.write(`POST ${pathOf(sid)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000001\r\n\r\n`);
    expect((await wire.answer(deadline))?.status).toBe(413);
    await soon(() => two.engine.connections.size).toBe(0);
  });

  it("end the session of a body without a length that is too long", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    const body = new Blob(["4", "x".repeat(1_000_001)]).stream();
    const request: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    expect((await fetch(pollOf(one, sid), request)).status).toBe(413);
    await soon(() => two.engine.connections.size).toBe(0);
  });

  it("pass on a body whose length is not announced", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    const request: RequestInit & { duplex: "half" } = {
      method: "POST",
      body: new Blob(["40"]).stream(),
      duplex: "half",
    };
    expect(await (await fetch(pollOf(one, sid), request)).text()).toBe("ok");
    expect(await (await fetch(pollOf(one, sid))).text()).toBe('40{"sid":"1"}');
    expect(await (await fetch(pollOf(one, sid), { method: "POST", body: "3" })).text()).toBe("ok");
  });

  it("relay no request that is neither a poll nor a post", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    for (const method of ["PUT", "DELETE", "PATCH"])
      expect((await fetch(pollOf(one, sid), { method })).status).toBe(400);
    expect([two.relayed, two.engine.connections.size]).toEqual([0, 1]);
  });

  it.each(["#", "#x=1&#", "%23[]{}|^`\"'<>%zz"])(
    "take a query with %s as its owner would, and report nothing",
    async (part) => {
      const [one, two] = (await startNodes("one", "two")) as [Node, Node];
      for (const node of [one, two]) {
        const sid = await handshake(two);
        const wire = openWire(node.port);
        wire.write(upgradeTo(`${pathOf(sid, "websocket")}&x=${part}`));
        const answered = (text: string) => text.includes("\r\n\r\n");
        await wire.until(answered, deadline);
        expect(wire.received.split("\r\n")[0]).toBe("HTTP/1.1 101 Switching Protocols");
        const unknown = openWire(node.port);
        unknown.write(upgradeTo(`${pathOf("two.made-up", "websocket")}&x=${part}`));
        expect((await unknown.answer(deadline))?.status).toBe(400);
        const poll = openWire(node.port);
        poll.write(`GET ${pathOf("two.made-up")}&x=${part} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        expect((await poll.answer(deadline))?.status).toBe(400);
      }
      expect([...one.errors, ...two.errors]).toEqual([]);
    },
  );

  it("give up on a silent owner: polls, posts and upgrades to a WebSocket", async () => {
    const [one, two] = (await startNodesWith(shortLimits, "one", "two")) as [Node, Node];
    const sid = await handshake(two);
    two.address = { ...(two.address as PeerAddress), port: await startSilence() };
    const unknown = [400, { code: 1, message: "Session ID unknown" }];
    for (const request of [{}, { method: "POST", body: "3" }]) {
      const answer = await within("the answer", fetch(pollOf(one, sid), request));
      expect([answer.status, await answer.json()]).toEqual(unknown);
    }
    const wire = openWire(one.port);
    wire.write(upgradeTo(pathOf(sid, "websocket")));
    expect((await wire.answer(deadline))?.status).toBe(400);
  });

  it("limit the WebSocket requests that wait for an owner to the number of waiting handshakes", async () => {
    const limits = { ...shortLimits, maxWaitingUpgrades: 1 };
    const [one, two] = (await startNodesWith(limits, "one", "two")) as [Node, Node];
    const { address } = two;
    const sid = await handshake(two);
    two.address = { ...(address as PeerAddress), port: await startSilence() };
    const upgrade = () => {
      const wire = openWire(one.port);
      wire.write(upgradeTo(pathOf(sid, "websocket")));
      return wire;
    };
    const first = upgrade();
    const second = upgrade();
    const statuses = await Promise.all(
      [first, second].map(async (wire) => (await wire.answer(deadline))?.status),
    );
    expect(statuses.toSorted()).toEqual([400, 503]);
    // The waiting request has timed out: there is room again.
    two.address = address;
    const third = upgrade();
    await third.until((text) => text.includes("\r\n\r\n"), deadline);
    expect(third.received).toContain(" 101 ");
  });

  it("cut a WebSocket off whose owner has gone silent", async () => {
    const [one, two] = (await startNodesWith(shortLimits, "one", "two")) as [Node, Node];
    const wire = openWire(one.port);
    wire.write(upgradeTo(pathOf(await handshake(two), "websocket")));
    await wire.until((text) => text.includes(" 101 "), deadline);
    await soon(() => wire.isClosed).toBe(true);
  });

  it("cut a WebSocket off that does not close when its owner does", async () => {
    const limits = { ...longLimits, patience: 200 };
    const [one, two] = (await startNodesWith(limits, "one", "two")) as [Node, Node];
    const wire = openWire(one.port);
    wire.write(upgradeTo(pathOf(await handshake(two), "websocket")));
    await wire.until((text) => text.includes(" 101 "), deadline);
    two.connections[0]?.terminate("ping timeout");
    await soon(() => wire.isClosed).toBe(true);
  });

  it("open no WebSocket for a client whose request is not a valid handshake", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const wire = openWire(one.port);
    const request = upgradeTo(pathOf(await handshake(two), "websocket"));
    wire.write(request.replace("Version: 13", "Version: 12"));
    expect((await wire.answer(deadline))?.status).toBe(426);
    await soon(() => two.upgrades).toBe(0);
  });

  it("hold one poll of a client that reads nothing, and refuse the next", async () => {
    const [one, two] = (await startNodes("one", "two")) as [Node, Node];
    const sid = await handshake(two);
    two.connections[0]?.send(new OutgoingPacket(`4${"x".repeat(20_000_000)}`));
    const poll = `GET ${pathOf(sid)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const socket = tcpConnect(one.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write(poll);
    await within("the answer's beginning", once(socket, "readable"));
    openWire(one.port).write(poll);
    await soon(async () => {
      const wire = openWire(one.port);
      wire.write(poll);
      return (await wire.answer(deadline))?.body;
    }).toBe('{"code":3,"message":"Bad request"}');
    expect(two.relayed).toBe(1);
  });

  it("close connections at their port that do not prove to be a peer, or that send no request", async () => {
    const sink = { owns: () => true, handleRequest() {}, handleUpgrade() {} };
    const options = {
      maxHttpBufferSize: 1000,
      maxFragments: 10,
      perMessageDeflate: false,
      directSockets: true,
    };
    const key = randomBytes(32);
    const peers = new PeerServer([{ identity: onlyKey, key }], sink, options, 200);
    const port = await peers.listen("127.0.0.1", 0);
    onTestFinished(() => peers.close());
    const stranger = openWire(port);
    const peer = tlsConnect(clientChannel({ host: "127.0.0.1", port, key }));
    peer.on("error", () => {});
    onTestFinished(() => void peer.destroy());
    await within("the key's proof", once(peer, "secureConnect"));
    peer.resume().write("POST /socket.io/ HTTP/1.1\r\n");
    await soon(() => [stranger.isClosed, peer.closed || peer.readableEnded]).toEqual([true, true]);
  });
});

/** A server that accepts connections and never sends anything. Returns its port. */
async function startSilence(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

function openWire(port: number): Wire {
  const wire = new Wire(port);
  onTestFinished(() => wire.reset());
  return wire;
}

const pathOf = (sid: string, transport = "polling") => `/socket.io/?EIO=4&transport=${transport}&sid=${sid}`;

const upgradeTo = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
