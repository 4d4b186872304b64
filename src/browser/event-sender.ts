/** Sends the events of one socket: what they carry, how long they wait, and what becomes of their answers. */

import { toArguments } from "../contract/arguments.ts";
import { ClientError, dropped } from "./client-error.ts";
import type { LiveConnection } from "./live-connection.ts";
import { eventType, type Frame } from "./packet-codec.ts";

/** How events wait for a connection. */
export interface ClientQueueOptions {
  /** The most events that wait. Default 1000. */
  readonly max?: number;
  /** How long an event waits, in ms. Default 600 000, which is ten minutes. */
  readonly ttl?: number;
  /** Which event is dropped when one too many waits. Default `"oldest"`. */
  readonly drop?: "oldest" | "newest";
  /** Is told of each dropped event. */
  readonly onDrop?: (event: string, values: readonly unknown[], error: ClientError) => void;
}

/** How events are sent. */
export interface SenderOptions {
  /** How events wait for a connection. */
  readonly queue?: ClientQueueOptions | undefined;
  /** How long a call waits for its answer, in ms. Default 60 000. */
  readonly timeout?: number | undefined;
  /**
   * How often an event without an answer is sent again after a timeout; above 0 it is also sent again after
   * each lost connection. The server needs its option `dedupe`. Default 0.
   */
  readonly retries?: number | undefined;
}

/** The options of one event that is emitted. */
export interface ClientEmitOptions {
  /** Drop the event unless it can be sent at once. */
  readonly volatile?: boolean;
  /** How often it is sent again without an answer. Default: the socket's. */
  readonly retries?: number;
}

/** The options of a call. */
export interface ClientCallOptions extends ClientEmitOptions {
  /** How long to wait for the answer, in ms. Default: the socket's. */
  readonly timeout?: number;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Gets the values of an answer, or why there is none. */
export type Settle = (error: unknown, values?: readonly unknown[]) => void;

/** An event on its way. */
interface OutgoingEvent {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly frames: readonly Frame[];
  /** Of the acknowledgement, and the event's place among all. */
  readonly id: number;
  /** How often it may be sent again; `undefined` for an event without an answer. */
  retries: number | undefined;
  readonly queuedAt: number;
  /** Whether it waits for its answer, and not for a connection. */
  isSent: boolean;
  readonly settle: Settle | undefined;
  /** Ends what limits its time. */
  stop?: () => void;
}

const reserved = /^(|\*|(dis)?connect(ing|_error)?)$/;
const optionNames = /^(volatile|retries|timeout|signal)$/;
/** Has the ids of repeated events differ between pages. */
const pageId = Math.random().toString(36).slice(2);

/** Sends the events of one socket. */
export class EventSender {
  readonly #connection: LiveConnection;
  readonly #namespace: string;
  readonly #options: SenderOptions;
  /** The events that wait for a connection or for their answer, in their order. */
  readonly #events = new Map<number, OutgoingEvent>();
  #lastId = 0;
  /** Whether the server has accepted the client. */
  isAccepted = false;

  constructor(connection: LiveConnection, namespace: string, options: SenderOptions) {
    this.#connection = connection;
    this.#namespace = namespace;
    this.#options = options;
  }

  /**
   * Sends an event, or has it wait for a connection.
   *
   * @param settle - gets the answer, once; without it none is asked for
   * @returns whether it was sent or waits
   * @throws ClientError `ERR_OPTION` or `ERR_PAYLOAD`
   */
  send(settle: Settle | undefined, name: string, data: unknown, options: ClientCallOptions = {}): boolean {
    checkEvent(name, options);
    const { volatile, signal, retries = this.#options.retries ?? 0 } = options;
    const isRepeated = !volatile && retries > 0;
    const isAnswered = settle !== undefined || isRepeated;
    const id = this.#lastId++;
    const values = toArguments(data);
    const outgoing: OutgoingEvent = {
      name,
      values,
      frames: this.#connection.settings.parser.encode({
        type: eventType,
        namespace: this.#namespace,
        // Servers with `dedupe` know by the last argument what they have handled already.
        data: isRepeated ? [name, ...values, { clientOffset: `${pageId}.${id}` }] : [name, ...values],
        ...(isAnswered && { id }),
      }),
      id,
      retries: isRepeated ? retries : settle && 0,
      queuedAt: Date.now(),
      isSent: false,
      settle,
    };
    const isReady = this.isAccepted && this.#connection.isUsable();
    const excess = isReady && this.#excess(outgoing);
    if (excess) throw excess;
    this.#events.set(id, outgoing);
    if (isAnswered) this.#limit(outgoing, options);
    if (signal?.aborted) this.#settle(outgoing, signal.reason);
    else if (volatile && (!isReady || this.#connection.isBusy)) this.#settle(outgoing, dropped(name));
    else if (isReady) this.#transmit(outgoing);
    else this.#bound();
    return outgoing.isSent || this.#events.has(id);
  }

  /** An answer has come. */
  onAnswer(id: number, values: readonly unknown[]): void {
    this.#settle(this.#events.get(id), undefined, values);
  }

  /** The server has accepted the client: sends what has waited. */
  flush(): void {
    const { ttl = 600_000 } = this.#options.queue ?? {};
    for (const event of this.#events.values()) {
      if (event.isSent || !this.#connection.isUsable()) continue;
      const error = Date.now() - event.queuedAt > ttl ? dropped(event.name) : this.#excess(event);
      if (error) this.#drop(event, error);
      else this.#transmit(event);
    }
  }

  /**
   * The connection is lost: what may be sent again waits for the next one. All events are forgotten where the
   * socket is closed.
   */
  onLost(error: ClientError, isClosed: boolean): void {
    for (const event of this.#events.values()) {
      if (isClosed || (event.isSent && !event.retries)) this.#settle(event, error);
      event.isSent = false;
    }
    this.#bound();
  }

  /** Has an event end by its timeout or its signal, if no answer comes before. */
  #limit(
    event: OutgoingEvent,
    { signal, timeout = this.#options.timeout ?? 60_000 }: ClientCallOptions,
  ): void {
    const timer = setInterval(() => {
      // Only the queue limits how long an event that may be sent again waits for a connection.
      if (!event.retries) {
        this.#settle(event, new ClientError("ERR_TIMEOUT", `"${event.name}" got no answer.`));
      } else if (event.isSent) {
        event.retries--;
        if (this.#connection.isUsable()) this.#transmit(event);
      }
    }, timeout);
    const onAbort = () => this.#settle(event, signal?.reason);
    signal?.addEventListener("abort", onAbort);
    event.stop = () => {
      clearInterval(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  }

  #settle(event: OutgoingEvent | undefined, error: unknown, values?: readonly unknown[]): void {
    if (!event || !this.#events.delete(event.id)) return;
    event.stop?.();
    event.settle?.(error, values);
  }

  /** Drops the events that are too much for the queue. */
  #bound(): void {
    const { max = 1000, drop } = this.#options.queue ?? {};
    const waiting = [...this.#events.values()].filter(({ isSent }) => !isSent);
    for (const event of waiting.splice(drop === "newest" ? max : 0, waiting.length - max)) this.#drop(event);
  }

  #drop(event: OutgoingEvent, error = dropped(event.name)): void {
    this.#settle(event, error);
    this.#options.queue?.onDrop?.(event.name, event.values, error);
  }

  /** The error for an event that the server would not take. */
  #excess({ name, frames }: OutgoingEvent): ClientError | undefined {
    const limit = Number(this.#connection.opening?.maxPayload);
    return frames.some((frame) => sizeOf(frame) > limit)
      ? new ClientError("ERR_PAYLOAD", `"${name}" is over the server's ${limit} bytes.`)
      : undefined;
  }

  #transmit(event: OutgoingEvent): void {
    if (event.retries === undefined) this.#events.delete(event.id);
    event.isSent = true;
    this.#connection.send(event.frames);
  }
}

function checkEvent(event: string, options: object): void {
  if (typeof event !== "string" || reserved.test(event))
    throw new ClientError("ERR_OPTION", `"${event}" is no event's name.`);
  if (typeof options !== "object" || Object.keys(options).some((name) => !optionNames.test(name)))
    throw new ClientError("ERR_OPTION", `"${event}" takes one value, or args(). call() has its answer.`);
}

const utf8 = new TextEncoder();

/** The bytes of a message. */
function sizeOf(frame: Frame): number {
  if (typeof frame === "string") return utf8.encode(frame).length;
  return frame instanceof Blob ? frame.size : frame.byteLength;
}
