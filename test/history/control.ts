/** What the watching process and a server process tell each other: a line of JSON for each message, over TCP. */

import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** What is sent to one room or more. */
export interface Said {
  readonly tag: number;
  readonly namespace: string;
  /** `null` for everybody. */
  readonly rooms: readonly string[] | null;
}

/** To a server. */
export type Order =
  /** Begin to serve, under a name. */
  { readonly type: "begin"; readonly name: string } | ({ readonly type: "say" } & Said);

/** From a server. */
export type Report =
  | { readonly type: "hello"; readonly pid: number; readonly role: Role }
  /** It serves; a primary and an emitter serve nobody. */
  | { readonly type: "ready"; readonly port: number | null }
  | { readonly type: "said"; readonly tag: number; readonly number: number }
  /** A connection to the broker is there, or not: that for events, or that for what is remembered. */
  | { readonly type: "up" | "down"; readonly link: "events" | "memory" };

/** Who a process is among the others: it serves, forks those who serve, or only sends. */
export type Role = "server" | "primary" | "emitter";

/** One end. */
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

/** Tells the watching process something. */
export type Reporter = (report: Report) => void;

/** The end of a server: tells who it is, and takes orders. The process ends with the connection. */
export function reportTo(port: number, role: Role, onOrder: (order: Order, report: Reporter) => void): void {
  const socket = connect(port, "127.0.0.1");
  const control = new Control<Report, Order>(
    socket,
    (order) => onOrder(order, (report) => control.send(report)),
    () => process.exit(),
  );
  control.send({ type: "hello", pid: process.pid, role });
}

/** What a server program is started with, as JSON. */
export interface ProgramSettings {
  /** Where the watching process listens. */
  readonly control: number;
  readonly messageQueue: string | null;
  /** How many servers are in one process. */
  readonly servers: number;
  /** How many workers the process is to have; `null` where it serves itself. */
  readonly workers: number | null;
  /** Whether one more server serves nobody. */
  readonly hasEmitter: boolean;
  /** How long clients may be away, in ms. */
  readonly maxDisconnection: number;
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** The settings of this program. */
export function programSettings(): ProgramSettings {
  return JSON.parse(process.argv[2] ?? "") as ProgramSettings;
}
