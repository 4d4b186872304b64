/** A running `server.ts` of a folder of `examples/`. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { freePort } from "../../support/free-port.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export class ExampleServer {
  readonly url: string;
  output = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(name: string, port: number, variables: Record<string, string>) {
    this.url = `http://127.0.0.1:${port}/`;
    this.#child = spawn(process.execPath, ["--import", "tsx", resolve(root, "examples", name, "server.ts")], {
      // A copy has packages of its own.
      cwd: isAbsolute(name) ? name : root,
      env: { ...process.env, PORT: String(port), ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#ended = once(this.#child, "exit");
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
  }

  /**
   * Resolves when the server has printed its address.
   *
   * @param name - the folder in `examples/`, or the path of a copy of it
   */
  static async start(
    name: string,
    variables: Record<string, string> = {},
    port?: number,
  ): Promise<ExampleServer> {
    const itsPort = port ?? (await freePort());
    const server = new ExampleServer(name, itsPort, variables);
    const printed = () => server.output.includes(`:${itsPort}`);
    try {
      await vi.waitUntil(() => server.#hasEnded || printed(), { timeout: 25_000 });
    } finally {
      if (!printed()) await server.stop();
    }
    if (server.#hasEnded) throw new Error(`The server ended:\n${server.output}`);
    return server;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill();
    const impatience = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.#ended;
    clearTimeout(impatience);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
