/** Programs in processes of their own. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** A Node program that runs until the test ends, or earlier. */
export class Child {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  readonly #lines: AsyncIterator<string>;
  /** What it has printed to its standard error. */
  errors = "";

  /**
   * @param folder - the folder that it is started in
   * @param args - what Node is started with
   * @param env - variables besides those of this process
   */
  constructor(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(process.execPath, args, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#ended = once(this.#process, "close");
    const { stdout, stderr } = this.#process;
    if (stdout === null || stderr === null) throw new Error("The program has no output.");
    this.#lines = createInterface(stdout)[Symbol.asyncIterator]();
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    onTestFinished(async () => {
      this.#process.kill("SIGKILL");
      await this.#ended;
    });
  }

  /** The next line that it prints. Fails when there is none any more. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The program has ended:\n${this.errors}`);
    return value;
  }

  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /**
   * Waits for the program to end by itself.
   *
   * @param timeout - how long that may take, in ms
   * @returns its exit code; `undefined` when it goes on
   */
  async exit(timeout: number): Promise<number | undefined> {
    const patience = AbortSignal.timeout(timeout);
    const lost = once(patience, "abort").then(() => undefined);
    return Promise.race([this.#ended.then(([code]) => code as number), lost]);
  }
}
