/** The load generator, seen from the benchmark: a process that runs one scenario at a time. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Outcome } from "../load/load.ts";
import type { FromLoad, ToLoad } from "../load/load-messages.ts";
import type { Scenario, Size } from "../scenarios/scenario.ts";
import type { ServerProgram } from "../servers/server-catalogue.ts";
import { register } from "../system/child-registry.ts";
import { pinned } from "../system/cores.ts";
import type { ServerProcess } from "./server-process.ts";

/** How long a run may take, in ms. */
const runTimeout = 120_000;

/** A running load generator. */
export class LoadProcess {
  readonly #child: ChildProcess;

  /** @param cores - the processors that it may use; an empty list for all */
  constructor(cores: readonly number[]) {
    // The flags of this process let Node read TypeScript.
    const main = fileURLToPath(new URL("../load/main.ts", import.meta.url));
    const [file, ...args] = pinned([process.execPath, ...process.execArgv, main], cores);
    this.#child = spawn(file, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    register(this.#child);
  }

  /**
   * Runs a scenario against a server.
   *
   * @throws Error when it fails or takes too long; the process is then unusable
   */
  run(scenario: Scenario, size: Size, program: ServerProgram, server: ServerProcess): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#child.removeAllListeners("message");
        this.#child.off("exit", onExit);
        act();
      };
      const fail = (message: string) => settle(() => reject(new Error(message)));
      const timer = setTimeout(() => fail(`it took longer than ${runTimeout / 1000} s`), runTimeout);
      const onExit = () => fail("the load generator ended");
      this.#child.once("exit", onExit);
      this.#child.on("message", (message: FromLoad) => {
        switch (message.type) {
          case "memory wanted":
            server.memory().then(
              (memory) => this.#tell({ type: "memory", memory }),
              (error: Error) => fail(error.message),
            );
            break;
          case "cpu wanted":
            server.cpu().then(
              (cpu) => this.#tell({ type: "cpu", cpu }),
              (error: Error) => fail(error.message),
            );
            break;
          case "outcome":
            settle(() => resolve(message.outcome));
            break;
          case "failure":
            fail(message.message);
            break;
          default:
            message satisfies never;
        }
      });
      const { pid, port } = server;
      this.#tell({ type: "run", scenario: scenario.name, size, pid, port, dialect: program.dialect });
    });
  }

  /** Ends the process. */
  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
    this.#child.kill("SIGKILL");
  }

  #tell(message: ToLoad): void {
    if (this.#child.connected) this.#child.send(message);
  }
}
