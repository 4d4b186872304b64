import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Holdings } from "./leak-server.ts";

const clientsPerRound = 2500;

/** How much the heap may grow in the second round, in bytes: less than 200 for each client. */
const tolerance = 500_000;

/** Starts a program of this folder; it ends with the test. */
function start(program: string): ChildProcess {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = fork(path, { execArgv: ["--expose-gc", "--no-warnings", "--import", "tsx"] });
  onTestFinished(() => {
    child.kill();
  });
  return child;
}

/** The next message of a program; rejects when the program ends first. */
async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  child.once("exit", () => ended.abort(new Error("the program has ended")));
  const [message] = await once(child, "message", { signal: ended.signal });
  return message;
}

async function holdingsOf(server: ChildProcess): Promise<Holdings> {
  server.send("count");
  return nextMessage(server);
}

/** What the server holds once it has noticed that all its clients are gone. */
async function holdingsWithoutClients(server: ChildProcess): Promise<Holdings> {
  await expect.poll(async () => (await holdingsOf(server)).clients, { timeout: 10_000 }).toBe(0);
  return holdingsOf(server);
}

describe("a server whose clients have left", () => {
  it("holds nothing of them, and no more memory after twice as many", { timeout: 120_000 }, async () => {
    const [server, clients] = [start("leak-server.ts"), start("leak-clients.ts")];
    const port = await nextMessage<number>(server);
    const round = async (number: number) => {
      clients.send({ port, from: number * clientsPerRound, to: (number + 1) * clientsPerRound });
      await nextMessage(clients);
      return holdingsWithoutClients(server);
    };
    const before = await holdingsOf(server);
    const first = await round(0);
    const second = await round(1);
    expect(first).toEqual({ ...before, heap: expect.any(Number) });
    expect(second).toEqual({ ...before, heap: expect.any(Number) });
    expect(second.heap).toBeLessThan(first.heap + tolerance);
  });
});
