/**
 * A server under test in its own process: starts, asks and stops it.
 * It communicates in lines of JSON on its standard streams.
 */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Memory } from "../load/load.ts";
import { register } from "../system/child-registry.ts";
import type { Command } from "../system/cores.ts";
import { type CpuTime, hasProc, readResidentMemory } from "../system/process-usage.ts";

/** How long a server may take to listen, in ms. */
const startTimeout = 20_000;
/** How long a server may take to end on command, in ms. */
const stopTimeout = 3_000;

/** A running server. */
export class ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** The versions in use, such as `"ws 8.23.0"`. */
  readonly versions: readonly string[];
  readonly #child: Child;
  readonly #answers: AnswerQueue;

  private constructor(child: Child, answers: AnswerQueue, hello: Hello) {
    this.#child = child;
    this.#answers = answers;
    this.pid = child.pid ?? 0;
    this.port = hello.port;
    this.versions = hello.versions;
  }

  /**
   * Starts a server, and waits until it listens.
   *
   * @param command - the command to run
   * @param environment - variables in addition to those of this process
   * @throws Error with its output, when it does not listen
   */
  static async start(
    [file, ...args]: Command,
    environment: Readonly<Record<string, string>>,
  ): Promise<ServerProcess> {
    const child = spawn(file, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    register(child);
    child.stdin.on("error", () => {});
    const answers = new AnswerQueue(child);
    const timer = setTimeout(() => child.kill("SIGKILL"), startTimeout);
    try {
      return new ServerProcess(child, answers, await answers.next<Hello>());
    } finally {
      clearTimeout(timer);
    }
  }

  /** Collects the server's garbage, and reports the rest of its memory. */
  async memory(): Promise<Memory> {
    const { rss, heap } = await this.#ask<Memory>("memory");
    return { rss: hasProc ? readResidentMemory(this.pid) : rss, heap };
  }

  /** The processor time that the server reports. */
  cpu(): Promise<CpuTime> {
    return this.#ask<CpuTime>("cpu");
  }

  /** Stops the server, and waits for its end. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), stopTimeout);
    this.#child.stdin.end();
    await ended;
    clearTimeout(timer);
  }

  #ask<T>(command: string): Promise<T> {
    this.#child.stdin.write(`${command}\n`);
    return this.#answers.next<T>();
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** The first line of a server's output. */
interface Hello {
  readonly port: number;
  readonly versions: readonly string[];
}

/** The JSON lines of a server, each the answer to one command. Other lines go into the error message. */
class AnswerQueue {
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  #noise = "";
  #ended: Error | null = null;

  constructor(child: Child) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) this.#waiting.shift()?.resolve(JSON.parse(line));
      else this.#hear(`${line}\n`);
    });
    child.stderr.on("data", (bytes: Buffer) => this.#hear(bytes.toString()));
    child.on("error", (error) => this.#end(error));
    child.on("close", (code, signal) => {
      this.#end(new Error(`the server ended with ${signal ?? `exit code ${code}`}. ${this.#noise}`.trim()));
    });
  }

  /** The next answer. */
  next<T>(): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended !== null) reject(this.#ended);
      else this.#waiting.push({ resolve: (value) => resolve(value as T), reject });
    });
  }

  #hear(text: string): void {
    this.#noise = (this.#noise + text).slice(-2000);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
