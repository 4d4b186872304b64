/** The `python-socketio` client: one Python program, which runs all Python clients of this process. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { deadline, within } from "../../support/waiting.ts";
import type { Client, ClientSocket, ConnectOptions, Library, Parser, Refusal, Transport } from "./client.ts";

const program = fileURLToPath(new URL("python_client.py", import.meta.url));
const patience = { timeout: deadline, interval: 5 };

/** The first two numbers of the version in Debian 12. */
const testedVersion = "5.7";

/** The Python interpreter with `python-socketio`, or undefined where the tests skip Python. */
export const python =
  process.env.ROOMCAST_SKIP_PYTHON === "1" ? undefined : (process.env.PYTHON ?? "/usr/bin/python3");

/** `python-socketio` with one transport. */
export class PythonClient implements Client {
  readonly library: Library;
  readonly transport: Transport;

  constructor(transport: Transport, parser: Parser = "default") {
    this.library = { name: "python-socketio", version: testedVersion, parser };
    this.transport = transport;
  }

  open(url: string, namespaces: readonly string[], options: ConnectOptions = {}): ClientSocket[] {
    const { auth, query, reconnects = false } = options;
    const connection = new PythonConnection();
    const sockets = namespaces.map(() => new PythonSocket(connection, this.transport));
    connection.begin({
      url: query === undefined ? url : `${url}/?${new URLSearchParams(query)}`,
      namespaces: namespaces.map((name, index) => [sockets[index]?.number, name]),
      transports: this.transport === "upgrade" ? null : [this.transport],
      serializer: this.library.parser,
      auth: auth ?? null,
      reconnects,
    });
    return sockets;
  }
}

/** One connection of the Python program, with its namespaces. */
class PythonConnection {
  static #count = 0;
  readonly number = PythonConnection.#count++;

  begin(options: Record<string, unknown>): void {
    void PythonProgram.shared().run("open", { connection: this.number, ...options });
  }

  async run(command: string): Promise<unknown> {
    return PythonProgram.shared().run(command, { connection: this.number });
  }
}

class PythonSocket implements ClientSocket {
  static #count = 0;
  readonly number = PythonSocket.#count++;
  readonly received: unknown[][] = [];
  readonly ends: string[] = [];
  readonly isRecovered = false;
  acceptances = 0;
  readonly #connection: PythonConnection;
  readonly #transport: Transport;
  readonly #refusals: Refusal[] = [];
  readonly #unsent: [event: string, ...values: unknown[]][] = [];
  #isConnected = false;

  constructor(connection: PythonConnection, transport: Transport) {
    this.#connection = connection;
    this.#transport = transport;
    PythonProgram.shared().listen(this.number, (event, values) => this.#hear(event, values));
  }

  async connected(): Promise<void> {
    await vi.waitUntil(() => this.#isConnected || this.#refusals.length > 0, patience);
    if (!this.#isConnected) throw new Error("The client was refused.", { cause: this.#refusals[0] });
    if (this.#transport === "upgrade")
      await vi.waitUntil(async () => (await this.currentTransport()) === "websocket", patience);
  }

  async refused(): Promise<Refusal> {
    return vi.waitUntil(() => this.#refusals[0], patience);
  }

  emit(event: string, ...values: unknown[]): void {
    // The library refuses to emit before it is connected. Programs emit in their connect handlers.
    if (this.#isConnected) void this.#run("emit", { event, values });
    else this.#unsent.push([event, ...values]);
  }

  emitVolatile(): void {
    throw new Error("python-socketio has no volatile events.");
  }

  ask(event: string, ...values: unknown[]): Promise<unknown[]> {
    const answer = this.#run("ask", { event, values }) as Promise<unknown[]>;
    return within(`the acknowledgement of "${event}"`, answer);
  }

  askWithin(timeout: number, event: string, ...values: unknown[]): Promise<unknown[] | "timeout"> {
    return this.#run("ask within", { timeout, event, values }) as Promise<unknown[] | "timeout">;
  }

  answer(event: string, values: readonly unknown[] | "what came", delay = 0): void {
    void this.#run("answer", { event, values, delay });
  }

  async currentTransport(): Promise<string> {
    return String(await this.#connection.run("transport"));
  }

  disconnect(): void {
    void this.#connection.run("disconnect");
  }

  async reconnect(): Promise<void> {
    await vi.waitUntil(() => !this.#isConnected, patience);
    void this.#connection.run("reconnect");
    await this.connected();
  }

  dispose(): void {
    this.#connection.run("disconnect").catch(() => {
      // It has disconnected already.
    });
  }

  #run(command: string, values: Record<string, unknown>): Promise<unknown> {
    return PythonProgram.shared().run(command, { socket: this.number, ...values });
  }

  #hear(event: string, values: unknown[]): void {
    switch (event) {
      case "received":
        this.received.push(values);
        break;
      case "connect":
        this.#isConnected = true;
        this.acceptances += 1;
        for (const [name = "", ...data] of this.#unsent.splice(0)) this.emit(name, ...data);
        break;
      case "disconnect":
        this.#isConnected = false;
        // The library gives no reason.
        this.ends.push("");
        break;
      case "connect_error":
        this.#refusals.push((values[0] ?? {}) as Refusal);
        break;
      default:
        throw new Error(`The Python program tells of "${event}".`);
    }
  }
}

/** A message of the Python program: the answer to a command, or an event of a client. */
type Line =
  | { id: number; result?: unknown; error?: string }
  | { socket: number; event: string; values: unknown[] };

/** The Python program. It ends with this process, and when its standard input ends. */
class PythonProgram {
  static #shared: PythonProgram | null = null;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Map<number, (event: string, values: unknown[]) => void>();
  #count = 0;

  static shared(): PythonProgram {
    PythonProgram.#shared ??= new PythonProgram();
    return PythonProgram.#shared;
  }

  private constructor() {
    if (python === undefined) throw new Error("There is no Python to run.");
    this.#child = spawn(python, ["-u", program], { stdio: "pipe" });
    const { stdout, stderr } = this.#child;
    let complaints = "";
    // Threads of the library fail when their connection ends. That matters only if the whole program fails.
    stderr.setEncoding("utf8").on("data", (text: string) => {
      complaints = (complaints + text).slice(-5000);
    });
    createInterface(stdout).on("line", (line) => this.#take(revive(JSON.parse(line)) as Line));
    void once(this.#child, "exit").then(() => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`The Python program has ended:\n${complaints}`));
    });
  }

  run(command: string, values: Record<string, unknown>): Promise<unknown> {
    const id = this.#count++;
    const line = JSON.stringify({ id, command, arguments: bytesAsText(values) });
    this.#child.stdin.write(`${line}\n`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  listen(socket: number, listener: (event: string, values: unknown[]) => void): void {
    this.#listeners.set(socket, listener);
  }

  #take(line: Line): void {
    if ("socket" in line) {
      this.#listeners.get(line.socket)?.(line.event, line.values);
    } else {
      const waiting = this.#waiting.get(line.id);
      this.#waiting.delete(line.id);
      if (line.error === undefined) waiting?.resolve(line.result);
      else waiting?.reject(new Error(line.error));
    }
  }
}

/** Bytes as `{ $bytes: "<base64>" }`, for JSON. */
function bytesAsText(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return { $bytes: Buffer.from(value).toString("base64") };
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return { $bytes: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
  }
  if (Array.isArray(value)) return value.map(bytesAsText);
  return isObject(value) ? mapValues(value, bytesAsText) : value;
}

/** The other way round. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (!isObject(value)) return value;
  return typeof value.$bytes === "string" ? Buffer.from(value.$bytes, "base64") : mapValues(value, revive);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function mapValues(object: Record<string, unknown>, map: (value: unknown) => unknown) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
