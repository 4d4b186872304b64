/** The network between client and server, which a test can cut, delay or distort. It knows only bytes. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from "node:net";
import { onTestFinished } from "vitest";
import { farewell, type TestServer } from "./server.ts";

/** The treatment of connections that request a WebSocket. */
export type UpgradePolicy =
  /** They pass. */
  | "pass"
  /** They wait until {@link TcpProxy.upgrades} is `"pass"`. */
  | "hold"
  /** An HTTP error answers them, as from a proxy that does not know WebSockets. */
  | "refuse"
  /** They are cut without an answer. */
  | "drop"
  /** The handshake passes; the connection is cut as soon as the client sends over it. */
  | "drop after handshake";

/** What can happen to an open connection. */
export type Interruption =
  /** Both ends see the connection close. */
  | "cut"
  /** It falls silent, and neither end notices. */
  | "freeze"
  /** Only the client sees the connection close. */
  | "half open";

/** A proxy on a free loopback port. */
export class TcpProxy {
  readonly #server = createServer((client) => this.#accept(client));
  readonly #pairs = new Set<Pair>();
  #target: () => number;
  readonly #servers = new Set<Socket>();
  #upgrades: UpgradePolicy = "pass";
  #isCut = false;
  #frozen: "none" | "to server" | "to client" = "none";
  readonly #passed: Buffer[] = [];

  private constructor(target: () => number) {
    this.#target = target;
  }

  /**
   * Starts a proxy for one port, or for the port that `port()` gives for each connection.
   * The caller stops it.
   */
  static async open(port: number | (() => number)): Promise<TcpProxy> {
    const proxy = new TcpProxy(typeof port === "number" ? () => port : port);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** Starts a proxy for a server; it ends with the test. */
  static async start(target: TestServer): Promise<TcpProxy> {
    const proxy = await TcpProxy.open(target.port);
    onTestFinished(async () => {
      await farewell(target);
      await proxy.stop();
    });
    return proxy;
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get upgrades(): UpgradePolicy {
    return this.#upgrades;
  }

  set upgrades(policy: UpgradePolicy) {
    this.#upgrades = policy;
    if (policy === "pass") for (const pair of this.#pairs) pair.release();
  }

  /** Cuts all connections, and every new one until the network is {@link restore}d. */
  cut(): void {
    this.#isCut = true;
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  /** Sends new connections to another port. */
  leadTo(port: number): void {
    this.#target = () => port;
  }

  /** All bytes received from either side. */
  get passed(): Buffer {
    return Buffer.concat(this.#passed);
  }

  /** Refuses new connections until the network is {@link restore}d; open ones go on. */
  refuse(): void {
    this.#isCut = true;
  }

  /** Lets clients connect again. */
  restore(): void {
    this.#isCut = false;
  }

  /** Stops everything in this direction: neither bytes nor the end of a connection arrive. */
  freeze(direction: "to server" | "to client"): void {
    this.#frozen = direction;
    for (const pair of this.#pairs) pair.freeze(direction);
  }

  /** Treats new connections normally again. Connections that lost bytes stay lost. */
  thaw(): void {
    this.#frozen = "none";
  }

  /** Interrupts all open connections, and no new one. */
  interrupt(how: Interruption): void {
    for (const pair of this.#pairs) pair.interrupt(how);
  }

  async stop(): Promise<void> {
    this.cut();
    for (const server of this.#servers) server.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    if (this.#isCut) {
      client.destroy();
      return;
    }
    const server = tcpConnect(this.#target(), "127.0.0.1");
    for (const socket of [client, server]) socket.on("data", (bytes) => void this.#passed.push(bytes));
    const pair = new Pair(client, server, () => this.#upgrades);
    this.#pairs.add(pair);
    client.once("close", () => this.#pairs.delete(pair));
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
    if (this.#frozen !== "none") pair.freeze(this.#frozen);
  }
}

/** A connection from a client, and its continuation to the server. */
class Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly #policy: () => UpgradePolicy;
  #isUpgrade = false;
  #held: Buffer[] | null = null;
  #frozen: "none" | "to server" | "to client" | "both" = "none";

  constructor(client: Socket, server: Socket, policy: () => UpgradePolicy) {
    this.client = client;
    this.server = server;
    this.#policy = policy;
    client.setNoDelay();
    server.setNoDelay();
    client.on("data", (bytes) => this.#fromClient(bytes));
    server.on("data", (bytes) => {
      if (!this.#isFrozen("to client")) client.write(bytes);
    });
    for (const [socket, other, direction] of [
      [client, server, "to server"],
      [server, client, "to client"],
    ] as const) {
      socket.on("error", () => {});
      socket.on("end", () => {
        if (!this.#isFrozen(direction)) other.end();
      });
      socket.on("close", () => {
        if (!this.#isFrozen(direction)) other.destroy();
      });
    }
  }

  freeze(direction: "to server" | "to client"): void {
    this.#frozen = direction;
  }

  interrupt(how: Interruption): void {
    if (how === "cut") {
      this.client.destroy();
      this.server.destroy();
    } else {
      this.#frozen = "both";
      if (how === "half open") this.client.destroy();
    }
  }

  #isFrozen(direction: "to server" | "to client"): boolean {
    return this.#frozen === direction || this.#frozen === "both";
  }

  release(): void {
    const held = this.#held;
    this.#held = null;
    for (const bytes of held ?? []) this.server.write(bytes);
  }

  #fromClient(bytes: Buffer): void {
    if (this.#isFrozen("to server")) return;
    if (this.#held !== null) {
      this.#held.push(bytes);
    } else if (this.#isUpgrade && this.#policy() === "drop after handshake") {
      this.client.destroy();
    } else if (/^upgrade: websocket\r$/im.test(bytes.toString("latin1", 0, 4096))) {
      this.#isUpgrade = true;
      this.#upgrade(bytes);
    } else {
      this.server.write(bytes);
    }
  }

  #upgrade(bytes: Buffer): void {
    switch (this.#policy()) {
      case "hold":
        this.#held = [bytes];
        break;
      case "refuse":
        this.client.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        break;
      case "drop":
        this.client.destroy();
        break;
      default:
        this.server.write(bytes);
    }
  }
}
