/** One run: starts a server in its own process, puts a scenario's load on it, and stops it. */

import type { Outcome } from "../load/load.ts";
import type { Scenario, Size } from "../scenarios/scenario.ts";
import type { ServerProgram } from "../servers/server-catalogue.ts";
import { type Command, type Cores, pinned } from "../system/cores.ts";
import { LoadProcess } from "./load-process.ts";
import { ServerProcess } from "./server-process.ts";

/**
 * All servers run as in production, on the `ws` that npm installs for each, without optional native helpers.
 */
export const serverEnvironment = {
  NODE_ENV: "production",
  WS_NO_BUFFER_UTIL: "1",
  WS_NO_UTF_8_VALIDATE: "1",
};

/** The environment of the servers of a scenario. */
export function environmentOf({ compresses = false }: Scenario): Readonly<Record<string, string>> {
  return compresses ? { ...serverEnvironment, ROOMCAST_BENCH_COMPRESS: "1" } : serverEnvironment;
}

/** A server that can start here. */
export interface Contestant {
  readonly program: ServerProgram;
  readonly command: Command;
}

/** Runs scenarios one after another, and keeps the load generator as long as it works. */
export class Bench {
  readonly #cores: Cores;
  readonly #versions = new Map<string, readonly string[]>();
  #load: LoadProcess | null = null;

  constructor(cores: Cores) {
    this.#cores = cores;
  }

  /** The versions that a server reported; known after its first run. */
  versionsOf(server: string): readonly string[] {
    return this.#versions.get(server) ?? [];
  }

  /**
   * Runs a scenario once.
   *
   * @throws Error when the server or the load failed
   */
  async run({ program, command }: Contestant, scenario: Scenario, size: Size): Promise<Outcome> {
    const { server: core, load: loadCores } = this.#cores;
    this.#load ??= new LoadProcess(loadCores);
    const load = this.#load;
    const server = await ServerProcess.start(
      pinned(command, core === null ? [] : [core]),
      environmentOf(scenario),
    );
    this.#versions.set(program.name, server.versions);
    try {
      return await load.run(scenario, scaled(size, scenario, program.share ?? 1), program, server);
    } catch (error) {
      // It may still be busy.
      this.renewLoad();
      throw error;
    } finally {
      await server.stop();
    }
  }

  /** Ends the load generator; the next run gets a new one, with no state of earlier runs. */
  renewLoad(): void {
    this.#load?.stop();
    this.#load = null;
  }
}

/** A slow server's share of the load: fewer messages, or fewer connections when memory is measured. */
function scaled(size: Size, scenario: Scenario, share: number): Size {
  if (scenario.isCold === true) return size;
  const part = (count: number) => Math.ceil(count * share);
  return {
    ...size,
    messages: part(size.messages),
    warmUp: part(size.warmUp),
    connections: scenario.metric === "memory" ? part(size.connections) : size.connections,
  };
}
