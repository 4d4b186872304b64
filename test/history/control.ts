/** Messages between the watching process and a server process, as lines of JSON over TCP. */

import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** An event to send to one or more rooms. */
export interface Said {
  readonly tag: number;
  readonly namespace: string;
  /** `null` for the whole namespace. */
  readonly rooms: readonly string[] | null;
}

/** A message to a server. */
export type Order =
  /** Begin to serve, under this name. */
  { readonly type: "begin"; readonly name: string } | ({ readonly type: "say" } & Said);

/** A message from a server. */
export type Report =
  | { readonly type: "hello"; readonly pid: number; readonly role: Role }
  /** It serves. `port` is `null` for a primary and an emitter, which have no clients. */
  | { readonly type: "ready"; readonly port: number | null }
  | { readonly type: "said"; readonly tag: number; readonly number: number }
  /** A connection to the broker is up or down: the one for events, or the one for recovery. */
  | { readonly type: "up" | "down"; readonly link: "events" | "memory" };

/** What a process does: it serves clients, forks workers that do, or only sends. */
export type Role = "server" | "primary" | "emitter";

/** One end of the connection. */
export class Control<Out, In> {
  readonly #socket: Socket;

  /**
   * @param socket - the connection
   * @param onMessage - takes each message
   * @param onEnd - is told that there will be no more
   */
  constructor(socket: Socket, onMessage: (message: In) => void, onEnd: () => void) {
    this.#socket = socket;
    socket.setNoDelay();
    socket.on("error", () => {});
    socket.on("close", onEnd);
    createInterface(socket).on("line", (line) => onMessage(JSON.parse(line) as In));
  }

  send(message: Out): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** Reports to the watching process. */
export type Reporter = (report: Report) => void;

/** A server's end: it introduces itself and takes orders. The process ends with the connection. */
export function reportTo(port: number, role: Role, onOrder: (order: Order, report: Reporter) => void): void {
  const socket = connect(port, "127.0.0.1");
  const control = new Control<Report, Order>(
    socket,
    (order) => onOrder(order, (report) => control.send(report)),
    () => process.exit(),
  );
  control.send({ type: "hello", pid: process.pid, role });
}

/** The settings of a server program, passed to it as JSON. */
export interface ProgramSettings {
  /** The port on which the watching process listens. */
  readonly control: number;
  readonly messageQueue: string | null;
  /** How many servers one process runs. */
  readonly servers: number;
  /** How many workers the process forks; `null` where it serves by itself. */
  readonly workers: number | null;
  /** Whether an additional process sends events without serving clients. */
  readonly hasEmitter: boolean;
  /** How long clients may stay disconnected and still recover, in ms. */
  readonly maxDisconnection: number;
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** The settings of this program. */
export function programSettings(): ProgramSettings {
  return JSON.parse(process.argv[2] ?? "") as ProgramSettings;
}
