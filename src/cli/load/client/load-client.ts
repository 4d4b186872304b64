/**
 * One client of a load test. It reads of a message what it needs to know, without parsing the rest: most
 * clients only count what comes.
 */

import type { ClientCloseReason } from "../../../client/connect-failure.ts";
import type { EngineClient, EngineClientListener, OpenOutcome } from "../../../client/engine-client.ts";
import { queryOf } from "../../../client/socketio-client.ts";

/** What a client tells its test. */
export interface LoadClientOwner {
  /** It is in its namespace. */
  joined(client: LoadClient): void;
  /** The namespace refuses it: the payload as JSON. */
  refused(client: LoadClient, payload: string): void;
  ended(client: LoadClient, reason: ClientCloseReason): void;
  /** It left by itself. */
  left(client: LoadClient): void;
  /** An event came; `message` is its text. */
  event(client: LoadClient, message: string): void;
  /**
   * An acknowledgement came.
   *
   * @param id - what {@link LoadClient.call} returned
   * @param due - when its event was due, in ms
   * @param values - the JSON of its values
   */
  answered(client: LoadClient, id: number, due: number, values: string): void;
}

/** Takes each message of events and acknowledgements, with their attachments, to decode them. */
export interface MessageTaker {
  message(data: string | Uint8Array): void;
}

/** How a client connects. */
export interface LoadClientParts {
  /** From 1. */
  readonly number: number;
  readonly namespace: string;
  readonly auth: Record<string, unknown> | undefined;
  readonly owner: LoadClientOwner;
  readonly open: (listener: EngineClientListener) => EngineClient;
}

/** A message to be sent, as its parts. */
export interface LoadMessage {
  /** What comes before the namespace: `2`, or `51-` with one attachment. */
  readonly type: string;
  readonly attachments: readonly Uint8Array[];
}

const zero = 0x30;
const nine = 0x39;

/** A client. */
export class LoadClient {
  readonly number: number;
  /** When it began to connect, in ms. */
  startedAt = 0;
  /** How many events with marks it has sent. */
  marked = 0;
  /** Is called when it is in its namespace, or will not be. */
  onSettled: () => void = () => {};
  /** What decodes messages, where something does. */
  taker: MessageTaker | null = null;
  /** Its id in the namespace; the server of Socket.IO 2 does not tell it. */
  sid = "";
  readonly #parts: LoadClientParts;
  readonly #engine: EngineClient;
  readonly #header: string;
  /** When the events that wait for an answer were due. */
  readonly #calls = new Map<number, number>();
  #nextCall = 0;
  #isIn = false;
  #wasIn = false;
  #isOver = false;

  constructor(parts: LoadClientParts) {
    this.#parts = parts;
    this.number = parts.number;
    this.#header = parts.namespace === "/" ? "" : `${parts.namespace},`;
    this.#engine = parts.open({
      message: (data) => this.#onMessage(data),
      closed: (reason) => this.#onClosed(reason),
    });
  }

  /** Whether it is in its namespace. */
  get isIn(): boolean {
    return this.#isIn;
  }

  /** Whether it has been in its namespace. */
  get wasIn(): boolean {
    return this.#wasIn;
  }

  /** Events that have no answer yet. */
  get waiting(): number {
    return this.#calls.size;
  }

  /** The connection, whose revision says which one the server speaks. */
  get engine(): EngineClient {
    return this.#engine;
  }

  /** Connects. Its namespace is another step: {@link join}. */
  open(): Promise<OpenOutcome> {
    return this.#engine.open();
  }

  /** Asks for the namespace. A server of Socket.IO 2 lets every client into `"/"` by itself. */
  join(): void {
    const { auth, namespace } = this.#parts;
    if (this.#engine.revision === 4)
      this.#engine.send(`0${this.#header}${auth === undefined ? "" : JSON.stringify(auth)}`);
    else if (namespace !== "/")
      this.#engine.send(`0${namespace}${auth === undefined ? "" : `?${queryOf(auth)}`},`);
  }

  /**
   * Sends an event.
   *
   * @param body - the JSON of its name and values
   */
  emit({ type, attachments }: LoadMessage, body: string): void {
    this.#engine.send(`${type}${this.#header}${body}`);
    for (const bytes of attachments) this.#engine.send(bytes);
  }

  /**
   * Sends an event that wants an answer.
   *
   * @param body - the JSON of its name and values
   * @param due - when it was to be sent, in ms
   * @returns the id of its answer
   */
  call({ type, attachments }: LoadMessage, body: string, due: number): number {
    const id = this.#nextCall++;
    this.#calls.set(id, due);
    this.#engine.send(`${type}${this.#header}${id}${body}`);
    for (const bytes of attachments) this.#engine.send(bytes);
    return id;
  }

  /** Answers an event of the server. */
  acknowledge({ type, attachments }: LoadMessage, id: number, body: string): void {
    this.#engine.send(`${type}${this.#header}${id}${body}`);
    for (const bytes of attachments) this.#engine.send(bytes);
  }

  /** Leaves before the others do. */
  leave(): void {
    if (!this.#isIn) return;
    void this.stop();
    this.#parts.owner.left(this);
  }

  /** Leaves in order. */
  async stop(): Promise<void> {
    this.#isOver = true;
    if (this.#isIn) this.#engine.send(`1${this.#header}`);
    this.#isIn = false;
    await this.#engine.close();
  }

  #onMessage(data: string | Uint8Array): void {
    if (typeof data !== "string") {
      this.taker?.message(data);
      return;
    }
    const { owner, namespace } = this.#parts;
    const inNamespace = this.#header === "" ? data.charCodeAt(1) !== 0x2f : data.startsWith(this.#header, 1);
    switch (data.charCodeAt(0)) {
      case zero + 2:
      case zero + 5:
        owner.event(this, data);
        this.taker?.message(data);
        break;
      case zero + 3:
      case zero + 6:
        this.#onAnswer(data);
        this.taker?.message(data);
        break;
      case zero:
        if ((!inNamespace && data !== `0${namespace}`) || this.#isIn) return;
        this.#isIn = true;
        this.#wasIn = true;
        this.sid = /"sid":"([^"]*)"/.exec(data)?.[1] ?? this.#engine.handshake?.sid ?? "";
        owner.joined(this);
        break;
      case zero + 4:
        if (inNamespace) owner.refused(this, data.slice(1 + this.#header.length));
        break;
      case zero + 1:
        if (!this.#isIn || !(inNamespace || data === `1${namespace}`)) return;
        this.#isIn = false;
        owner.ended(this, { type: "server closed" });
        break;
      default:
    }
  }

  /** Reads the id of an answer, as in `3/chat,12["yes"]`. */
  #onAnswer(data: string): void {
    const values = data.indexOf("[", this.#header.length);
    let first = values;
    while (isDigit(data.charCodeAt(first - 1))) first -= 1;
    // The digits of `312[` are a type and an id.
    if (first === 0) first = 1;
    const id = Number(data.slice(first, values));
    const due = this.#calls.get(id);
    if (due === undefined) return;
    this.#calls.delete(id);
    this.#parts.owner.answered(this, id, due, data.slice(values));
  }

  #onClosed(reason: ClientCloseReason): void {
    this.#isIn = false;
    if (!this.#isOver) this.#parts.owner.ended(this, reason);
  }
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine;
}
