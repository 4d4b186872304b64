/** The program that `roomcast dev` runs: starts it, ends it, and starts it again. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** How long a program may take to end, in ms. */
const grace = 1000;

/** How the program runs. */
export interface DevProcessParts {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Whether it writes to the terminal itself. */
  readonly inheritsTerminal: boolean;
}

/** Gets what the program tells. */
export interface DevProcessOwner {
  /** Serves at an address; `dashboard` is its path, or empty. */
  serving(url: string, dashboard: string): void;
  output(chunk: Buffer): void;
  /** It ended by itself. */
  ended(code: number | null, signal: NodeJS.Signals | null): void;
}

/** See the head of this file. */
export class DevProcess {
  readonly #parts: DevProcessParts;
  readonly #owner: DevProcessOwner;
  #child: ChildProcess | undefined;
  /** Counts starts, so that of several only the last one counts. */
  #turn = 0;

  constructor(parts: DevProcessParts, owner: DevProcessOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Starts the program, after the one that runs has ended. */
  async restart(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    await this.#end();
    if (turn === this.#turn) this.#start();
  }

  /** Ends the program. */
  async stop(): Promise<void> {
    this.#turn += 1;
    await this.#end();
  }

  #start(): void {
    const { argv, env, inheritsTerminal } = this.#parts;
    const stream = inheritsTerminal ? "inherit" : "pipe";
    const child = spawn(process.execPath, argv, {
      env,
      stdio: [inheritsTerminal ? "inherit" : "ignore", stream, stream, "ipc"],
    });
    this.#child = child;
    child.stdout?.on("data", (chunk: Buffer) => this.#owner.output(chunk));
    child.stderr?.on("data", (chunk: Buffer) => this.#owner.output(chunk));
    child.on("message", (message: { type?: unknown; url?: unknown; dashboard?: unknown } | null) => {
      if (message?.type === "roomcast dev")
        this.#owner.serving(String(message.url), String(message.dashboard));
    });
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#owner.ended(code, signal);
    });
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), grace);
    await ended;
    clearTimeout(timer);
  }
}
