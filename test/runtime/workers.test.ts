import { fileURLToPath } from "node:url";
import { io, type Socket } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { deadline, soon, within } from "../support/waiting.ts";
import { Child } from "./support/child.ts";
import { ask } from "./support/http.ts";

const here = fileURLToPath(new URL("support/", import.meta.url));

/** The program with three workers. */
class Program {
  readonly child: Child;
  readonly pid: number;
  readonly url: string;

  private constructor(child: Child, pid: number, url: string) {
    this.child = child;
    this.pid = pid;
    this.url = url;
  }

  static async start(...args: readonly string[]): Promise<Program> {
    const child = new Child(here, ["--import", "tsx", "worker-program.ts", ...args]);
    const task = await within("the task", child.line());
    const [, pid = "", url = ""] =
      /^primary (\d+) on (.*)$/.exec(await within("the address", child.line())) ?? [];
    // The task started once, in the process that forked the others.
    expect(task).toBe(`task in ${pid}`);
    return new Program(child, Number(pid), url);
  }

  connect(options: object = {}): Socket {
    const socket = io(this.url, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 50,
      ...options,
    });
    onTestFinished(() => {
      socket.disconnect();
    });
    return socket;
  }
}

/** Clients, at least one on each worker. */
async function spread(program: Program): Promise<Map<number, Socket>> {
  const clients = new Map<number, Socket>();
  // A worker that has just been forked takes a while to start, too.
  const end = performance.now() + deadline;
  while (clients.size < 3 && performance.now() < end) {
    const socket = program.connect();
    const pid: number = await within("the answer", socket.emitWithAck("pid"));
    if (clients.has(pid)) socket.disconnect();
    else clients.set(pid, socket);
  }
  return clients;
}

describe("a program with workers", () => {
  it("serves from several processes, and not from the primary", async () => {
    const program = await Program.start();
    const clients = await spread(program);
    expect(clients.size).toBe(3);
    expect([...clients.keys()]).not.toContain(program.pid);
  });

  it("refuses a foreign host name in each of its processes, where it listens on this machine alone", async () => {
    const program = await Program.start();
    const status = async (host: string) =>
      (await ask(`${program.url}/socket.io/?EIO=4&transport=polling`, { headers: { host } })).status;
    for (let times = 0; times < 6; times += 1)
      expect([await status("evil.example"), await status("localhost")]).toEqual([403, 200]);
  });

  it("has one dashboard: each process takes the sign-in of any, and answers for all", async () => {
    const program = await Program.start("dashboard");
    const base = `${program.url}/roomcast/api`;
    const headers = { "x-roomcast-dashboard": "1", origin: program.url, "content-type": "application/json" };
    const body = JSON.stringify({ username: "ops", password: "correct horse" });
    const signedIn = await ask(`${base}/sign-in`, { method: "POST", headers, body });
    const [cookie = ""] = String(signedIn.headers["set-cookie"]).split(";");
    // Each request is a connection of its own, which the primary hands to the next worker.
    for (let times = 0; times < 6; times += 1) {
      const { status, text } = await ask(`${base}/overview`, { headers: { ...headers, cookie } });
      expect({ status, processes: JSON.parse(text).processes.length }).toEqual({ status: 200, processes: 3 });
    }
  });

  it("reaches the clients of all its processes from each of them", async () => {
    const program = await Program.start();
    const clients = [...(await spread(program))];
    const received: Promise<unknown>[] = clients.map(
      ([, socket]) => new Promise((resolve) => socket.once("said", resolve)),
    );
    const ticks = clients.map(([, socket]) => new Promise((resolve) => socket.once("tick", resolve)));
    await Promise.all(clients.map(([, socket]) => within("the room", socket.emitWithAck("join", "tea"))));
    const [[pid, speaker]] = clients as [[number, Socket]];
    speaker.emit("say", { room: "tea", text: "hello" });
    for (const message of received)
      expect(await within("the message", message)).toEqual({ text: "hello", pid });
    // The primary emits, too; it has no clients of its own.
    for (const tick of ticks) expect(await within("the tick", tick)).toBe(program.pid);
  });

  it("serves polling clients whose requests come to any process", async () => {
    const program = await Program.start();
    const sockets = Array.from({ length: 6 }, () =>
      program.connect({ transports: ["polling"], reconnection: false }),
    );
    const pids = new Set<number>();
    for (const socket of sockets) {
      const pid: number = await within("the answer", socket.emitWithAck("pid"));
      pids.add(pid);
      for (let count = 0; count < 10; count += 1) {
        expect(await within("the answer", socket.emitWithAck("pid"))).toBe(pid);
      }
    }
    expect(pids.size).toBeGreaterThan(1);
    const upgraded = program.connect({ transports: ["polling", "websocket"], reconnection: false });
    const pid: number = await within("the answer", upgraded.emitWithAck("pid"));
    await soon(() => upgraded.io.engine.transport.name).toBe("websocket");
    expect(await within("the answer", upgraded.emitWithAck("pid"))).toBe(pid);
  });

  it("passes a WebSocket to the process that holds its connection, and keeps nothing of it in another", async () => {
    const program = await Program.start();
    const workers = [...(await spread(program)).keys()];
    const sockets = Array.from({ length: 12 }, () =>
      program.connect({ transports: ["polling", "websocket"], reconnection: false }),
    );
    const pids: number[] = [];
    for (const socket of sockets) {
      pids.push(await within("the answer", socket.emitWithAck("pid")));
      await soon(() => socket.io.engine.transport.name).toBe("websocket");
    }
    const [survivor = 0] = pids;
    for (const pid of workers) if (pid !== survivor) process.kill(pid, "SIGKILL");
    for (const [index, socket] of sockets.entries()) {
      if (pids[index] !== survivor) await soon(() => socket.connected).toBe(false);
    }
    for (const [index, socket] of sockets.entries()) {
      if (pids[index] === survivor) {
        expect(await within("the answer", socket.emitWithAck("pid"))).toBe(survivor);
      }
    }
  });

  it("replaces a worker that ends, and its clients come back", async () => {
    const program = await Program.start();
    const clients = await spread(program);
    const [[pid, socket]] = [...clients] as [[number, Socket]];
    const dropped = new Promise((resolve) => socket.once("disconnect", resolve));
    await within("the answer", socket.emitWithAck("fail"));
    socket.emit("crash");
    await within("the end of the connection", dropped);
    await soon(() => socket.connected).toBe(true);
    expect(await within("the answer", socket.emitWithAck("pid"))).not.toBe(pid);
    const later = await spread(program);
    expect(later.size).toBe(3);
    expect(later.has(pid)).toBe(false);
    const { errors } = program.child;
    expect(errors).toContain("A worker ended (exit code 7) and is replaced");
    // The data of lines says which worker writes, and which one has ended.
    const [, worker] = /worker: (\d+),\s+type: 'handler failed'/.exec(errors) ?? [];
    expect(errors).toMatch(new RegExp(`type: 'worker ended',\\s+worker: ${worker},`));
  });

  it("ends with all its workers when it is stopped", async () => {
    const program = await Program.start();
    const clients = await spread(program);
    expect(program.child.errors).toBe("");
    process.kill(program.pid, "SIGTERM");
    expect(await within("the end", program.child.line())).toBe("stopped");
    expect(await program.child.exit(deadline)).toBe(0);
    for (const pid of clients.keys()) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("says once that recovery works only on a client's own worker", async () => {
    const program = await Program.start("recovery");
    await spread(program);
    expect(program.child.errors.match(/each worker has its own memory of lost clients/g)).toHaveLength(1);
    process.kill(program.pid, "SIGTERM");
    expect(await within("the end", program.child.line())).toBe("stopped");
  });

  it("reports that its workers cannot start, and leaves none behind", async () => {
    const child = new Child(here, ["--import", "tsx", "worker-program.ts", "broken"]);
    expect(await child.exit(deadline)).toBe(1);
    expect(child.errors).toContain("Error: broken");
    expect(child.errors).toContain(
      "A worker ended before it listened (exit code 1). What it printed says why.",
    );
  });
});
