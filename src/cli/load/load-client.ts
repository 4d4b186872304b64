/** One client of a load test. It looks for marks in messages, and does not parse them. */

import type { ClientCloseReason } from "../../client/connect-failure.ts";
import type { EngineClient, EngineClientListener, OpenOutcome } from "../../client/engine-client.ts";

/** What a client tells its test. */
export interface LoadClientOwner {
  joined(client: LoadClient): void;
  refused(client: LoadClient, reason: string): void;
  ended(client: LoadClient, reason: ClientCloseReason): void;
  /** An event came; `message` is its text. */
  event(client: LoadClient, message: string): void;
  /** An acknowledgement came, `took` ms after its event was due. */
  answered(took: number): void;
  received(bytes: number): void;
}

/** How a client connects. */
export interface LoadClientParts {
  readonly number: number;
  readonly namespace: string;
  readonly auth: Record<string, unknown> | undefined;
  readonly owner: LoadClientOwner;
  readonly open: (listener: EngineClientListener) => EngineClient;
}

/** A client. */
export class LoadClient {
  readonly number: number;
  /** The last number that came from each sender. */
  readonly lastOf = new Map<number, number>();
  readonly #parts: LoadClientParts;
  readonly #engine: EngineClient;
  readonly #header: string;
  /** When the events that wait for an answer were due. */
  readonly #calls = new Map<number, number>();
  #nextCall = 0;
  #isIn = false;
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

  /** Events that have no answer yet. */
  get waiting(): number {
    return this.#calls.size;
  }

  /** Connects, and asks for the namespace. */
  async start(): Promise<OpenOutcome> {
    const outcome = await this.#engine.open();
    if (outcome.type !== "open") return outcome;
    if (this.#engine.revision === 4) {
      const auth = this.#parts.auth === undefined ? "" : JSON.stringify(this.#parts.auth);
      this.#engine.send(`0${this.#header}${auth}`);
    } else if (this.#header !== "") this.#engine.send(`0${this.#header}`);
    return outcome;
  }

  /**
   * Sends an event.
   *
   * @param body - the JSON of its name and values
   * @param due - when it was to be sent, if its answer is wanted
   * @returns bytes
   */
  send(body: string, due: number | undefined): number {
    let text = `2${this.#header}${body}`;
    if (due !== undefined) {
      const id = this.#nextCall++;
      this.#calls.set(id, due);
      text = `2${this.#header}${id}${body}`;
    }
    this.#engine.send(text);
    return text.length + 1;
  }

  /** Leaves in order. */
  async stop(): Promise<void> {
    this.#isOver = true;
    if (this.#isIn) this.#engine.send(`1${this.#header}`);
    await this.#engine.close();
  }

  #onMessage(data: string | Uint8Array): void {
    this.#parts.owner.received(data.length + 1);
    if (typeof data !== "string") return;
    const { owner, namespace } = this.#parts;
    const inNamespace = this.#header === "" ? data.charAt(1) !== "/" : data.startsWith(this.#header, 1);
    switch (data.charAt(0)) {
      case "0":
        if (!inNamespace && data !== `0${namespace}`) return;
        this.#isIn = true;
        owner.joined(this);
        break;
      case "4":
        if (inNamespace) owner.refused(this, data.slice(1 + this.#header.length));
        break;
      case "1":
        if (!this.#isIn || !(inNamespace || data === `1${namespace}`)) return;
        this.#isIn = false;
        owner.ended(this, { type: "server closed" });
        break;
      case "2":
      case "5":
        owner.event(this, data);
        break;
      case "3":
      case "6":
        this.#onAnswer(data);
        break;
      default:
    }
  }

  #onAnswer(data: string): void {
    const id = Number(/^[36](?:\d+-)?(?:\/[^,]*,)?(\d+)/.exec(data)?.[1]);
    const due = this.#calls.get(id);
    if (due === undefined) return;
    this.#calls.delete(id);
    this.#parts.owner.answered(performance.now() - due);
  }

  #onClosed(reason: ClientCloseReason): void {
    this.#isIn = false;
    if (!this.#isOver) this.#parts.owner.ended(this, reason);
  }
}
