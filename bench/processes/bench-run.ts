/** One run: starts a server in a process of its own, puts a scenario's load on it, and stops it. */

import type { Outcome } from "../load/load.ts";
import type { Scenario, Size } from "../scenarios/scenario.ts";
import type { ServerProgram } from "../servers/server-catalogue.ts";
import { type Command, type Cores, pinned } from "../system/cores.ts";
import { LoadProcess } from "./load-process.ts";
import { ServerProcess } from "./server-process.ts";

/** All servers run as in production, and on the `ws` that npm installs for each: without optional native helpers. */
export const serverEnvironment = {
  NODE_ENV: "production",
  WS_NO_BUFFER_UTIL: "1",
  WS_NO_UTF_8_VALIDATE: "1",
};

/** A server that can be started here. */
export interface Contestant {
  readonly program: ServerProgram;
  readonly command: Command;
}

/** Runs one after another, with a load generator that is kept as long as it works. */
export class Bench {
  readonly #cores: Cores;
  readonly #versions = new Map<string, readonly string[]>();
  #load: LoadProcess | null = null;

  constructor(cores: Cores) {
    this.#cores = cores;
  }

  /** What a server said that it is, once it has run. */
  versionsOf(server: string): readonly string[] {
    return this.#versions.get(server) ?? [];
  }

  /**
   * Makes one run.
   *
   * @throws Error when the server or the load failed
   */
  async run({ program, command }: Contestant, scenario: Scenario, size: Size): Promise<Outcome> {
    const { server: core, load: loadCores } = this.#cores;
    this.#load ??= new LoadProcess(loadCores);
    const load = this.#load;
    const server = await ServerProcess.start(pinned(command, core === null ? [] : [core]), serverEnvironment);
    this.#versions.set(program.name, server.versions);
    try {
      return await load.run(scenario, scaled(size, scenario, program.share ?? 1), program, server);
    } catch (error) {
      // It may still be in the middle of something.
      this.renewLoad();
      throw error;
    } finally {
      await server.stop();
    }
  }

  /** Ends the load generator; the next run gets a new one, which has no memory of earlier ones. */
  renewLoad(): void {
    this.#load?.stop();
    this.#load = null;
  }
}

/** A slow server's part of the load: fewer messages, or fewer connections where those are what is measured. */
function scaled(size: Size, scenario: Scenario, share: number): Size {
  const part = (count: number) => Math.ceil(count * share);
  return {
    ...size,
    messages: part(size.messages),
    warmUp: part(size.warmUp),
    connections: scenario.metric === "memory" ? part(size.connections) : size.connections,
  };
}
