/** Hosts of the scenarios' server: this process, or a process of another runtime. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { io, type Socket } from "socket.io-client";
import messagePack from "socket.io-msgpack-parser";
import { within } from "../../support/waiting.ts";
import type { ScenarioServer, ServerHost } from "./scenario.ts";
import { controlNamespace, type RunningServer, type ServerSettings, startServer } from "./server.ts";

const program = fileURLToPath(new URL("server.ts", import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs servers in this process. */
export class LocalHost implements ServerHost {
  async start(settings: ServerSettings = {}): Promise<ScenarioServer> {
    return new ControlledServer(await startServer(settings), settings);
  }
}

/** Runs each server in its own process: of Node, of another version of Node, or of Bun. */
export class ProcessHost implements ServerHost {
  readonly #command: string;
  readonly #arguments: readonly string[];

  /**
   * @param command - the runtime
   * @param runtimeArguments - arguments to run TypeScript, such as `["--import", "tsx"]`
   */
  constructor(command: string, runtimeArguments: readonly string[] = []) {
    this.#command = command;
    this.#arguments = runtimeArguments;
  }

  async start(settings: ServerSettings = {}): Promise<ScenarioServer> {
    const child = spawn(this.#command, [...this.#arguments, program, JSON.stringify(settings)], {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    const port = await within("the server's port", portOf(child, ended));
    return new ControlledServer(
      {
        port,
        async stop() {
          child.stdin?.end();
          await within("the server's end", ended).catch((error) => {
            child.kill("SIGKILL");
            throw error;
          });
        },
      },
      settings,
    );
  }
}

/** The port that a server prints when it listens. */
async function portOf(child: ChildProcess, ended: Promise<unknown>): Promise<number> {
  if (child.stdout === null) throw new Error("The server has no output.");
  const firstLine = once(createInterface(child.stdout), "line") as Promise<[string]>;
  const end = ended.then((): never => {
    throw new Error(`The server ended with exit code ${child.exitCode} before it listened.`);
  });
  const [line] = await Promise.race([firstLine, end]);
  return (JSON.parse(line) as { port: number }).port;
}

/** A running server and a client of its control namespace. */
class ControlledServer implements ScenarioServer {
  readonly port: number;
  readonly url: string;
  readonly #server: RunningServer;
  readonly #control: Socket;
  #stopped: Promise<void> | null = null;

  constructor(server: RunningServer, { parser }: ServerSettings) {
    this.#server = server;
    this.port = server.port;
    this.url = `http://127.0.0.1:${server.port}`;
    this.#control = io(this.url + controlNamespace, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      ...(parser === "msgpack" && { parser: messagePack }),
    });
  }

  control(command: string, ...values: unknown[]): Promise<unknown> {
    return within(`the answer to "${command}"`, this.#control.emitWithAck(command, ...values));
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#control.disconnect();
    await this.#server.stop();
  }
}
