import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emit, joinRoom } from "roomcast";
import { io } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/free-port.ts";
import { startServer } from "../support/server.ts";
import { soon, within } from "../support/waiting.ts";

/** nginx, which leads each request to the next of some servers; it ends with the test. */
class Balancer {
  readonly url: string;
  readonly #log: string;

  private constructor(port: number, log: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#log = log;
  }

  static async start(ports: readonly number[]): Promise<Balancer> {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-nginx-"));
    const port = await freePort();
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
      events { worker_connections 2000; }
      http {
        ${paths.join(" ")}
        log_format status "$status $request_method"; access_log ${folder}/access.log status;
        map $http_upgrade $connection_field { default upgrade; "" ""; }
        upstream servers { ${ports.map((server) => `server 127.0.0.1:${server};`).join(" ")} keepalive 16; }
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://servers; proxy_http_version 1.1; proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_field;
          }
        }
      }`,
    );
    const nginx = spawn(process.env.NGINX ?? "/usr/sbin/nginx", ["-c", join(folder, "nginx.conf")], {
      stdio: "ignore",
    });
    const ended = once(nginx, "exit");
    onTestFinished(async () => {
      nginx.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    });
    await soon(() => isOpen(port)).toBe(true);
    return new Balancer(port, join(folder, "access.log"));
  }

  /** What it has answered so far, by status. */
  statuses(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const line of readFileSync(this.#log, "utf8").trim().split("\n")) {
      const [status = ""] = line.split(" ");
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

describe.skipIf(process.env.ROOMCAST_SKIP_NGINX === "1")("a load balancer that keeps nobody together", () => {
  it("serves clients that poll, and those that change to WebSocket, without one request that fails", async () => {
    const servers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const server = await startServer({ messageQueue: "memory://balancer" });
        server.socketio.events({
          echo: (value: unknown) => value,
          join: (room: string) => joinRoom(room),
          say: (text: string) => emit("said", text, { to: "tea" }),
        });
        return server;
      }),
    );
    for (const { trace } of servers) {
      await soon(() => trace.filter(({ type }) => type === "process joined").length).toBe(3);
    }
    const balancer = await Balancer.start(servers.map(({ port }) => port));
    const ends: string[] = [];
    const heard: string[][] = [];
    const clients = Array.from({ length: 40 }, (_, number) => {
      const transports = number % 2 === 0 ? ["polling"] : ["polling", "websocket"];
      const client = io(balancer.url, { transports, forceNew: true, reconnection: false });
      const said: string[] = [];
      heard.push(said);
      client.on("said", (text: string) => said.push(text));
      client.on("disconnect", (reason) => ends.push(reason));
      client.on("connect_error", (error) => ends.push(error.message));
      onTestFinished(() => {
        client.disconnect();
      });
      return client;
    });
    await Promise.all(clients.map((client) => within("the room", client.emitWithAck("join", "tea"))));
    await Promise.all(
      clients.map(async (client, number) => {
        for (let round = 0; round < 10; round += 1) {
          expect(await within("the answer", client.emitWithAck("echo", [number, round]))).toEqual([
            number,
            round,
          ]);
        }
      }),
    );
    clients[0]?.emit("say", "hello");
    for (const said of heard) await soon(() => said).toEqual(["hello"]);
    for (const [number, client] of clients.entries()) {
      await soon(() => client.io.engine.transport.name).toBe(number % 2 === 0 ? "polling" : "websocket");
    }
    expect(ends).toEqual([]);
    expect(Object.keys(balancer.statuses()).filter((status) => status !== "200" && status !== "101")).toEqual(
      [],
    );
    expect(balancer.statuses()["200"]).toBeGreaterThan(400);
    for (const { socketio } of servers) expect(socketio.clientCount).toBeGreaterThan(0);
  });
});
