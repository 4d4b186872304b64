/**
 * A socket that one process was given and another should have, on one machine. Both were forked by the same
 * process, which hands it on:
 *
 *     process a                  the one that forked them           process b
 *       | socket, request ------>  | socket, request ------------>   |  has the socket, and is silent
 *       | "let go" ------------->  | "yours" -------------------->   |  answers the request
 *
 * Node sends what follows a socket when the receiver has confirmed it, and the sender's own handle is closed.
 * So when b answers, no other process reads the client's next bytes.
 */

import type { IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";

/** A request for an upgrade with the socket that it came by. */
export interface DetachedUpgrade {
  readonly socket: Socket;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** What came behind the request. */
  readonly head: Uint8Array;
}

/** The message sent with a socket. */
interface Parcel extends Omit<DetachedUpgrade, "socket"> {
  /** The process that is to have it, and a name for the parcel. */
  readonly to: string;
  readonly id: string;
}

/** The messages between the processes. */
type Message =
  /** To the process that forked: the name of this one. */
  | { readonly roomcastHandover: "node"; readonly node: string }
  /** From it: the other forked processes. */
  | { readonly roomcastHandover: "siblings"; readonly nodes: readonly string[] }
  | { readonly roomcastHandover: "socket"; readonly parcel: Parcel }
  /** The sender has closed its copy of the socket. */
  | { readonly roomcastHandover: "let go"; readonly to: string; readonly id: string }
  /** No other process holds the socket any more. */
  | { readonly roomcastHandover: "yours"; readonly id: string };

function isMessage(message: unknown): message is Message {
  return typeof message === "object" && message !== null && "roomcastHandover" in message;
}

/** What a process and a worker have in common that is needed here. */
export interface HandlePassingProcess {
  send?(
    message: unknown,
    handle: Socket | undefined,
    options: object,
    callback: (error: Error | null) => void,
  ): boolean;
  on(event: string, listener: (message: unknown, handle: unknown) => void): unknown;
}

/**
 * How long a socket may wait for the word that it may be used, in ms: its sender may have ended before it
 * sent that.
 */
const patience = 10_000;

/** A socket that is not to be used yet, and when it is given up. */
interface Arrival {
  readonly upgrade: DetachedUpgrade;
  readonly timer: NodeJS.Timeout;
}

/** Sends a message. A process that cannot be reached will be reported as gone, and its clients start over. */
function send(target: HandlePassingProcess, message: Message, handle?: Socket): void {
  target.send?.(message, handle, {}, () => {});
}

/** The end of a process that was forked. */
export class HandoverWorker {
  readonly #node: string;
  readonly #process: HandlePassingProcess;
  readonly #siblings = new Set<string>();
  readonly #arrived = new Map<string, Arrival>();
  #lastId = 0;

  /**
   * @param node - the name of this process
   * @param process - the way to the one that forked it: `process` itself
   * @param onUpgrade - takes an upgrade that another process hands over
   */
  constructor(node: string, process: HandlePassingProcess, onUpgrade: (upgrade: DetachedUpgrade) => void) {
    this.#node = node;
    this.#process = process;
    process.on("message", (message, handle) => {
      if (!isMessage(message)) return;
      if (message.roomcastHandover === "siblings") {
        this.#siblings.clear();
        for (const sibling of message.nodes) if (sibling !== node) this.#siblings.add(sibling);
      } else if (message.roomcastHandover === "socket" && handle instanceof Socket) {
        // The client may leave at any time; that is no error of ours.
        handle.on("error", () => {});
        this.#expect(message.parcel, handle);
      } else if (message.roomcastHandover === "yours") {
        const arrival = this.#arrived.get(message.id);
        if (arrival === undefined) return;
        this.#arrived.delete(message.id);
        clearTimeout(arrival.timer);
        onUpgrade(arrival.upgrade);
      }
    });
    this.#send({ roomcastHandover: "node", node });
  }

  /** Whether a process can be handed sockets. */
  reaches(node: string): boolean {
    return this.#siblings.has(node);
  }

  /** Hands an upgrade over. */
  hand(node: string, { socket, method, url, headers, head }: DetachedUpgrade): void {
    this.#lastId += 1;
    const id = `${this.#node} ${this.#lastId}`;
    const parcel: Parcel = { to: node, id, method, url, headers, head };
    this.#send({ roomcastHandover: "socket", parcel }, socket);
    this.#send({ roomcastHandover: "let go", to: node, id });
  }

  /** Keeps a socket until its sender has closed its copy. */
  #expect(parcel: Parcel, socket: Socket): void {
    const giveUp = () => {
      this.#arrived.delete(parcel.id);
      socket.destroy();
    };
    const timer = setTimeout(giveUp, patience).unref();
    this.#arrived.set(parcel.id, { upgrade: { socket, ...parcel }, timer });
  }

  #send(message: Message, handle?: Socket): void {
    send(this.#process, message, handle);
  }
}

/** The end of the process that forks the others. */
export class HandoverPrimary {
  readonly #workers = new Map<string, HandlePassingProcess>();

  /** Serves a worker until it ends. */
  connect(worker: HandlePassingProcess): void {
    let own: string | null = null;
    worker.on("message", (message, handle) => {
      if (!isMessage(message)) return;
      if (message.roomcastHandover === "node") {
        own = message.node;
        this.#workers.set(message.node, worker);
        this.#introduce();
      } else if (message.roomcastHandover === "socket" && handle instanceof Socket) {
        const target = this.#workers.get(message.parcel.to);
        if (target === undefined) handle.destroy();
        else send(target, message, handle);
      } else if (message.roomcastHandover === "let go") {
        const target = this.#workers.get(message.to);
        if (target !== undefined) send(target, { roomcastHandover: "yours", id: message.id });
      }
    });
    worker.on("disconnect", () => {
      if (own === null || this.#workers.get(own) !== worker) return;
      this.#workers.delete(own);
      this.#introduce();
    });
  }

  #introduce(): void {
    const nodes = [...this.#workers.keys()];
    for (const worker of this.#workers.values()) {
      send(worker, { roomcastHandover: "siblings", nodes });
    }
  }
}
