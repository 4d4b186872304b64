/**
 * Runs the program of a file, as it is or with `roomcast/socket.io` in place of `socket.io`. It has a thread
 * or a process of its own; clients reach it by its port.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { within } from "../../support/waiting.ts";

const folder = fileURLToPath(new URL("../applications/", import.meta.url));
const bridge = fileURLToPath(new URL("../../../src/compat/index.ts", import.meta.url));
let started = 0;

/** Inside the repository, so that the programs find its packages. */
const cache = fileURLToPath(new URL("../../../node_modules/.cache/roomcast-applications/", import.meta.url));

/** Which server a program imports. */
export type Imported = "socket.io" | "roomcast/socket.io";

/** A running program. */
export interface Application {
  readonly url: string;
  /** The lines that it has written. */
  readonly lines: readonly string[];
  /** Those in which Roomcast says that WebSockets are open to every origin. */
  readonly notices: readonly string[];
  stop(): Promise<void>;
}

/** How a program runs. */
interface ApplicationSettings {
  /** Whether it needs a process of its own, as programs do that fork. */
  readonly hasProcess?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** A thread or a process. */
interface Run {
  readonly output: Readable;
  onFailure(listener: (error: Error) => void): void;
  end(): Promise<unknown>;
}

function inThread(file: string, env: NodeJS.ProcessEnv): Run {
  const worker = new Worker(file, { env, stdout: true });
  return {
    output: worker.stdout,
    onFailure: (listener) => worker.once("error", listener),
    end: () => worker.terminate(),
  };
}

function inProcess(file: string, env: NodeJS.ProcessEnv): Run {
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  return {
    output: child.stdout,
    onFailure: (listener) => child.once("exit", (code) => listener(new Error(`It ended with ${code}.`))),
    end: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** Starts the program of a file. */
export async function startApplication(
  file: string,
  imported: Imported,
  { hasProcess = false, env = {} }: ApplicationSettings = {},
): Promise<Application> {
  mkdirSync(cache, { recursive: true });
  started += 1;
  const outfile = join(cache, `${basename(file)}-${process.pid}-${started}.mjs`);
  await build({
    entryPoints: [join(folder, file)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    ...(imported === "socket.io" ? {} : { alias: { "socket.io": bridge } }),
    // CommonJS programs require packages.
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  const given = { ...process.env, ...env, PORT: "0" };
  const run = hasProcess ? inProcess(outfile, given) : inThread(outfile, given);
  const lines: string[] = [];
  const notices: string[] = [];
  const port = new Promise<string>((resolve, reject) => {
    run.onFailure(reject);
    createInterface(run.output).on("line", (line) => {
      const listening = /^listening on (\d+)$/.exec(line)?.[1];
      if (line.includes("anyWebSocketOrigin")) notices.push(line);
      else if (listening === undefined) lines.push(line);
      else resolve(listening);
    });
  });
  const stop = async () => {
    await run.end();
    rmSync(outfile, { force: true });
  };
  try {
    return { url: `http://127.0.0.1:${await within(`the port of ${file}`, port)}`, lines, notices, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The script of the clients of a program, and what they see. */
export class Visit {
  readonly applications: readonly Application[];
  readonly transports: readonly string[];
  readonly #lines: Record<string, string[]> = {};
  readonly #clients: Socket[] = [];
  /** Random texts, and what stands for them. */
  readonly #names = new Map<string, string>();

  constructor(applications: readonly Application[], transports: readonly string[]) {
    this.applications = applications;
    this.transports = transports;
  }

  get url(): string {
    return this.applications[0]?.url ?? "";
  }

  /** Gives a random text a name in the transcript. */
  call(text: string, name: string): void {
    this.#names.set(text, name);
  }

  note(observer: string, ...values: unknown[]): void {
    this.#lines[observer] ??= [];
    this.#lines[observer].push(values.map(shown).join(" "));
  }

  /** Opens a client, which notes all that it gets. */
  client(name: string, options: Partial<ManagerOptions & SocketOptions> = {}, url = this.url): Socket {
    const { transports } = this;
    const socket = io(url, { transports: [...transports], forceNew: true, reconnection: false, ...options });
    this.#clients.push(socket);
    socket.on("connect", () => this.note(name, "connect"));
    socket.on("disconnect", (reason) => this.note(name, "disconnect", reason));
    socket.on("connect_error", (error) => this.note(name, "connect_error", error.message, error));
    socket.onAny((...values) => {
      // Where clients come back with their state, an event ends with its place in the stream.
      const hasOffset = (socket as unknown as { _pid?: string })._pid !== undefined;
      this.note(name, ...(hasOffset ? values.slice(0, -1) : values));
    });
    return socket;
  }

  /** Waits until an observer has noted something, as often as given. */
  async seen(observer: string, part: string, times = 1): Promise<void> {
    await within(
      `"${part}" at ${observer}`,
      this.#until(() => this.#count(observer, part) >= times),
    );
  }

  /** Waits until the program has written a line. */
  async written(part: string, application = this.applications[0]): Promise<void> {
    const has = () => application?.lines.some((line) => line.includes(part)) === true;
    await within(`the line "${part}"`, this.#until(has));
  }

  /** What all have seen, and what the programs have written. */
  end(): Readonly<Record<string, readonly string[]>> {
    const programs = this.applications.map(({ lines }, index) => [`program ${index + 1}`, lines] as const);
    const entries = [...Object.entries(this.#lines), ...programs];
    const transcript = Object.fromEntries(
      entries.map(([name, lines]) => [name, lines.map((line) => this.#renamed(line))]),
    );
    for (const client of this.#clients) client.disconnect();
    return transcript;
  }

  #count(observer: string, part: string): number {
    return this.#lines[observer]?.filter((line) => line.includes(part)).length ?? 0;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 3));
  }

  #renamed(line: string): string {
    let renamed = line;
    for (const [text, name] of this.#names) renamed = renamed.replaceAll(text, `<${name}>`);
    return renamed;
  }
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (value instanceof Error) return String(JSON.stringify((value as { data?: unknown }).data));
  return typeof value === "string" ? value : String(JSON.stringify(value));
}
