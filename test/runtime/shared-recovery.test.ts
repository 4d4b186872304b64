import { fileURLToPath } from "node:url";
import { emit, joinRoom, leaveRoom, request, rooms, type SocketIOOptions, session } from "roomcast";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ask, record, type Socket, StockClient, sidOf } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { nextEvent, soon } from "../support/waiting.ts";
import { Child } from "./support/child.ts";

const stock = new StockClient("4.8", "websocket");
const eager = { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 20, timeout: 2000 };
const settings = { recovery: { maxDisconnection: 20_000 }, pingInterval: 300, pingTimeout: 300 };
const root = fileURLToPath(new URL("../..", import.meta.url));
const program = fileURLToPath(new URL("support/recovery-program.ts", import.meta.url));

/** The brokers that keep what processes remember together. */
const kinds = [
  { name: "Redis", isMissing: isSkipped("redis"), open: () => Broker.redis() },
  { name: "NATS with JetStream", isMissing: isSkipped("jetstream"), open: () => Broker.jetStream() },
];

/** A process that serves with others. */
async function serve(broker: { readonly url: string }, options: SocketIOOptions = {}): Promise<TestServer> {
  const server = await startServer({ messageQueue: broker.url, ...settings, ...options });
  const { socketio } = server;
  socketio.on("connect", async () => {
    if (request.recovered) return;
    session.name = request.sid;
    await joinRoom("red");
  });
  socketio.events({
    where: () => ({ sid: request.sid, name: session.name, rooms: rooms() }),
    join: (room: string) => joinRoom(room),
    leave: (room: string) => leaveRoom(room),
    say: ({ room, text }) => emit("said", text, { to: room }),
  });
  return server;
}

/** A client whose connections a test leads to one process or another. */
class Traveller {
  readonly proxy: TcpProxy;
  readonly socket: Socket;
  readonly sid: string;
  readonly events: unknown[][];
  readonly returns: boolean[] = [];

  private constructor(proxy: TcpProxy, socket: Socket) {
    this.proxy = proxy;
    this.socket = socket;
    this.sid = sidOf(socket);
    this.events = record(socket);
    socket.on("connect", () => this.returns.push(socket.recovered));
  }

  static async start({ port }: { readonly port: number }): Promise<Traveller> {
    const proxy = await TcpProxy.open(port);
    onTestFinished(() => proxy.stop());
    return new Traveller(proxy, await stock.connect(proxy.url, eager));
  }

  /** The values of the events that came, without the texts that recovery adds. */
  get heard(): unknown[] {
    return this.events.map(([, value]) => value);
  }

  /** Loses the connection. */
  async leave(): Promise<void> {
    const lost = nextEvent(this.socket, "disconnect");
    this.proxy.cut();
    await lost;
  }

  /** Comes back to a process. */
  async arrive({ port }: { readonly port: number }): Promise<void> {
    const before = this.returns.length;
    this.proxy.leadTo(port);
    this.proxy.restore();
    await soon(() => this.returns.length).toBe(before + 1);
  }

  where(): Promise<unknown[]> {
    return ask(this.socket, "where");
  }
}

async function startChild(broker: Broker): Promise<Child & { readonly port: number }> {
  const child = new Child(root, ["--import", "tsx", program, broker.url]);
  return Object.assign(child, { port: Number(await child.line()) });
}

describe.each(kinds)("recovery on $name", ({ isMissing, open }) => {
  beforeEach(({ skip }) => skip(isMissing));

  async function startBroker(): Promise<Broker> {
    const broker = await open();
    onTestFinished(() => broker.kill());
    return broker;
  }

  it("brings a client back to another process, with its sid, its rooms and its session", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const client = await Traveller.start(one);
    await client.leave();
    one.socketio.emit("said", 1, { to: "red" });
    one.socketio.emit("said", 2);
    one.socketio.emit("said", 3, { to: client.sid });
    one.socketio.emit("said", 4, { to: "green" });
    await client.arrive(other);
    one.socketio.emit("said", 5, { to: "red" });
    await soon(() => client.heard).toEqual([1, 2, 3, 5]);
    expect(client.returns).toEqual([true]);
    expect(await client.where()).toEqual([{ sid: client.sid, name: client.sid, rooms: [client.sid, "red"] }]);
  });

  it("brings it back though nothing was sent before or meanwhile, as often as it likes", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const client = await Traveller.start(one);
    for (const next of [other, one, other, other, one]) {
      await client.leave();
      await client.arrive(next);
    }
    one.socketio.emit("said", 1, { to: "red" });
    await soon(() => client.heard).toEqual([1]);
    expect(client.returns).toEqual([true, true, true, true, true]);
  });

  it("brings it back after its process was killed", async () => {
    const broker = await startBroker();
    const [doomed, other] = [await startChild(broker), await serve(broker)];
    const client = await Traveller.start(doomed);
    await ask(client.socket, "join", "blue");
    other.socketio.emit("said", 1, { to: "red" });
    await soon(() => client.heard).toEqual([1]);
    const lost = nextEvent(client.socket, "disconnect");
    client.proxy.leadTo(other.port);
    other.socketio.emit("said", 2, { to: "red" });
    doomed.signal("SIGKILL");
    other.socketio.emit("said", 3, { to: "blue" });
    await lost;
    other.socketio.emit("said", 4, { to: "blue" });
    await soon(() => client.heard).toEqual([1, 2, 3, 4]);
    expect(client.returns).toEqual([true]);
    expect(await client.where()).toEqual([
      { sid: client.sid, name: client.sid, rooms: [client.sid, "red", "blue"] },
    ]);
  });

  it("lets exactly one of two connections have a client that comes back over both", async () => {
    const broker = await startBroker();
    const servers = [await serve(broker), await serve(broker), await serve(broker)];
    const client = await Traveller.start(servers[0] as TestServer);
    const { pid, offset } = await credentials(client);
    await client.leave();
    servers[0]?.socketio.emit("said", 1, { to: "red" });
    const rivals = [servers[1], servers[2], servers[2]].map((server) =>
      stock.open(server?.url ?? "", { auth: { pid, offset } }),
    );
    await soon(() => rivals.every(({ connected, disconnected }) => connected || disconnected)).toBe(true);
    await soon(() => rivals.filter(({ connected, id }) => connected && id === client.sid).length).toBe(1);
    await soon(async () => (await servers[0]?.socketio.sockets({ to: client.sid }))?.length).toBe(1);
  });
});

/** What a stock client sends along when it comes back. */
async function credentials({ socket }: Traveller): Promise<{ pid: string; offset: string | undefined }> {
  const { _pid: pid, _lastOffset: offset } = socket as unknown as { _pid: string; _lastOffset?: string };
  return { pid, offset };
}
