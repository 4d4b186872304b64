import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import type { Holdings } from "./leak-server.ts";

const clientsPerRound = 5000;
const clientsAtOnce = 250;

/** How much larger the heap may be after the second round, in bytes: less than 200 for each client. */
const tolerance = 1_000_000;

class LeakServer {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(): Promise<LeakServer> {
    const program = fileURLToPath(new URL("leak-server.ts", import.meta.url));
    const child = fork(program, { execArgv: ["--expose-gc", "--no-warnings", "--import", "tsx"] });
    onTestFinished(() => {
      child.kill();
    });
    const [port] = await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => Promise.reject(new Error("the server did not start"))),
    ]);
    return new LeakServer(child, port);
  }

  async holdings(): Promise<Holdings> {
    this.#process.send("count");
    const [holdings] = await once(this.#process, "message");
    return holdings;
  }

  /** What the server holds when it has noticed that all its clients are gone. */
  async holdingsWithoutClients(): Promise<Holdings> {
    await expect.poll(async () => (await this.holdings()).clients, { timeout: 10_000 }).toBe(0);
    return this.holdings();
  }
}

/** One client: it joins, speaks, and leaves in one of the ways in which clients leave, owing two answers. */
async function visit(port: number, number: number): Promise<void> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
  });
  const closed = once(webSocket, "close");
  const heard = (prefix: string) =>
    new Promise<void>((resolve) => {
      webSocket.on("message", (data) => {
        if (data.toString().startsWith(prefix)) resolve();
      });
    });
  const [opened, asked, echoed] = [heard("0{"), heard('422["ask"'), heard('42["echo"')];
  await opened;
  webSocket.send("40");
  await asked;
  webSocket.send(`42["echo","hello ${number}"]`);
  await echoed;
  if (number % 4 === 0) webSocket.terminate();
  else if (number % 4 === 1) webSocket.close();
  else webSocket.send(number % 4 === 2 ? "41" : "1");
  if (number % 4 === 2) webSocket.close();
  await closed;
}

async function round(port: number): Promise<void> {
  for (let first = 0; first < clientsPerRound; first += clientsAtOnce) {
    await Promise.all(Array.from({ length: clientsAtOnce }, (_, index) => visit(port, first + index)));
  }
}

describe("a server whose clients have gone", () => {
  it("holds nothing of them, and no more memory after twice as many", { timeout: 60_000 }, async () => {
    const server = await LeakServer.start();
    const before = await server.holdings();
    await round(server.port);
    const first = await server.holdingsWithoutClients();
    await round(server.port);
    const second = await server.holdingsWithoutClients();
    expect(first).toEqual({ ...before, heap: expect.any(Number) });
    expect(second).toEqual({ ...before, heap: expect.any(Number) });
    expect(second.heap).toBeLessThan(first.heap + tolerance);
  });
});
