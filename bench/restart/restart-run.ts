/**
 * Stops a server that has many clients, refuses them for a while, and starts it again. Every attempt to
 * connect is recorded, by the clients and by the server.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SocketIO } from "roomcast";
import { register } from "../system/child-registry.ts";
import type { Attempt, FromClients, ToClients } from "./restart-messages.ts";

/** How a server is restarted. */
export interface RestartPlan {
  readonly clients: number;
  /** How long it is away, in ms. */
  readonly down: number;
}

/** What was recorded from the moment in which the server stopped. */
export interface RestartRecord {
  /** When it stopped, in ms by the clock of the day. */
  readonly stoppedAt: number;
  /** The attempts of each client, in order. */
  readonly attempts: readonly (readonly Attempt[])[];
  /** When the server, or what stood in for it, got each request to connect. */
  readonly arrivals: readonly number[];
  /** When all clients were back, in ms after the server stopped. */
  readonly backAfter: number;
}

/** How long clients may take to connect, in ms. */
const patience = 120_000;
const silent = { info() {}, warn() {}, error() {} };

/**
 * Restarts a server.
 *
 * @throws Error when clients do not connect, or do not come back
 */
export async function runRestart({ clients, down }: RestartPlan): Promise<RestartRecord> {
  const arrivals: number[] = [];
  const record = (server: Server) => server.prependListener("upgrade", () => void arrivals.push(Date.now()));
  const start = async (port: number) => {
    const server = createServer();
    const socketio = new SocketIO(server, { logger: silent });
    const { port: bound } = await socketio.run({ port });
    record(server);
    return { socketio, port: bound };
  };
  const first = await start(0);
  const { port } = first;
  const process = new ClientProcess();
  try {
    await process.tell({ type: "connect", count: clients, port });
    await process.connected(clients);
    const before = (await process.tell({ type: "report" })).attempts.length;
    arrivals.length = 0;
    const stoppedAt = Date.now();
    await first.socketio.stop();
    const standIn = record(
      createServer().on("upgrade", (_request, socket) => {
        socket.on("error", () => {});
        socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
      }),
    );
    standIn.listen(port, "127.0.0.1");
    await once(standIn, "listening");
    await sleep(Math.max(0, stoppedAt + down - Date.now()));
    await new Promise((resolve) => standIn.close(resolve));
    const second = await start(port);
    try {
      await process.connected(clients);
      const backAfter = Date.now() - stoppedAt;
      const { attempts } = await process.tell({ type: "report" });
      return { stoppedAt, attempts: byClient(attempts.slice(before), clients), arrivals, backAfter };
    } finally {
      await second.socketio.stop();
    }
  } finally {
    process.stop();
    await first.socketio.stop();
  }
}

function byClient(attempts: readonly Attempt[], clients: number): Attempt[][] {
  const found = Array.from({ length: clients }, (): Attempt[] => []);
  for (const attempt of attempts) found[attempt.client]?.push(attempt);
  return found;
}

/** The process of the clients. */
class ClientProcess {
  readonly #child: ChildProcess;

  constructor() {
    const program = fileURLToPath(new URL("clients.ts", import.meta.url));
    this.#child = spawn(process.execPath, ["--no-warnings", "--import", "tsx", program], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    register(this.#child);
  }

  /** Tells the clients something, and returns how they are. */
  async tell(message: ToClients): Promise<FromClients> {
    const ended = new AbortController();
    const onExit = () => ended.abort();
    this.#child.once("exit", onExit);
    this.#child.send(message);
    const [report] = await once(this.#child, "message", { signal: ended.signal });
    this.#child.off("exit", onExit);
    return report;
  }

  /** Waits until all clients are connected. */
  async connected(count: number): Promise<void> {
    const deadline = Date.now() + patience;
    for (;;) {
      const { connected } = await this.tell({ type: "report" });
      if (connected === count) return;
      if (Date.now() > deadline) throw new Error(`only ${connected} of ${count} clients are connected`);
      await sleep(100);
    }
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
