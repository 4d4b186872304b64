/** Programs in separate processes. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** A Node program that runs until the test ends, or earlier. */
export class Child {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  readonly #lines: AsyncIterator<string>;
  /** Its output to standard error. */
  errors = "";

  /**
   * @param folder - the working folder
   * @param args - the arguments of Node
   * @param env - variables besides those of this process
   * @param node - the path of Node
   */
  constructor(
    folder: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    node: string = process.execPath,
  ) {
    this.#process = spawn(node, args, {
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

  /** The next line of its output. Fails when the output has ended. */
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
   * @param timeout - the longest wait, in ms
   * @returns its exit code; `undefined` if it is still running
   */
  async exit(timeout: number): Promise<number | undefined> {
    const patience = AbortSignal.timeout(timeout);
    const lost = once(patience, "abort").then(() => undefined);
    return Promise.race([this.#ended.then(([code]) => code as number), lost]);
  }
}
