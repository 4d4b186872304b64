/**
 * Requests to JetStream, the part of NATS that keeps messages in streams: manages streams, stores messages
 * and reads them. It knows no namespaces.
 */

import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import { RoomcastError } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";
import { Deadline, DeadlineQueue } from "../../base/time/deadline-queue.ts";
import { BrokerError } from "../stream/stream-link.ts";
import type { NatsLinkConnection } from "./borrowed-connection.ts";
import { type NatsClient, refusalOf } from "./nats-connection.ts";

/** The configuration of a stream. Times are in ns. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly max_age: number;
  readonly max_msgs?: number;
  readonly max_msgs_per_subject?: number;
  readonly duplicate_window?: number;
  readonly republish?: { readonly src: string; readonly dest: string };
}

/** The state of a stream. */
export interface StreamState {
  /** When it was created, in ms. */
  readonly created: number;
  /** The time of its server, in ms. */
  readonly now: number;
  /** The latest number; 0 where it never had a message. */
  readonly last: number;
}

/** A stream in a list. */
export interface ListedStream {
  readonly name: string;
  readonly subjects: readonly string[];
  /** How many messages it has. */
  readonly messages: number;
}

/** A message of a stream. */
export interface StoredMessage {
  readonly number: number;
  readonly data: Uint8Array;
}

/** The number of a stored message; or, where a later message stood against it, the number of that. */
export type Stored = { readonly number: number } | { readonly latest: number };

interface ApiError {
  readonly err_code: number;
  readonly description: string;
}

interface StreamInfo {
  readonly created: string;
  readonly ts?: string;
  readonly config: Record<string, unknown>;
  readonly state: { readonly last_seq: number; readonly messages: number };
}

interface StreamPage {
  readonly total: number;
  readonly streams?: readonly (StreamInfo & {
    readonly config: { readonly name: string; readonly subjects?: readonly string[] };
  })[];
}

/** How long the server may take to say that there are no listeners, in ms. */
const silence = 1000;
/** How long an answer may take, in ms. The bus notices a silent server sooner. */
const timeout = 5000;
/** How long the package waits for an answer, in ms: this file has deadlines of its own. */
const never = 24 * 60 * 60 * 1000;
/** JetStream's numbers for what goes wrong. */
const codes = { notFound: 10_059, otherConfig: 10_058, wrongLast: 10_071, tooLarge: 10_054 };
/** The oldest server that publishes stored messages again, with their numbers, and tells its time. */
const oldest = { major: 2, minor: 10 };
/** The bytes that headers may add to a message. */
const headerSize = 512;
/** No stream ever has this number. */
const unreachable = String(Number.MAX_SAFE_INTEGER);

/** See the head of this file. */
export class JetStreamApi {
  readonly #client: NatsClient;
  readonly #connection: NatsLinkConnection;
  readonly #clock: Clock;
  /** Requests without an answer. */
  readonly #waiting: DeadlineQueue<() => void>;

  constructor(client: NatsClient, connection: NatsLinkConnection, clock: Clock) {
    this.#client = client;
    this.#connection = connection;
    this.#clock = clock;
    this.#waiting = new DeadlineQueue(clock, timeout, (refuse) => this.#onDue(refuse));
  }

  /**
   * Checks that the server has JetStream, in a version that is new enough.
   *
   * @throws {@link RoomcastError} `ERR_OPTION` when it has not
   */
  async check(): Promise<void> {
    const version = this.#connection.info?.version ?? "";
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
      throw unusable(`NATS ${version} is too old for that`);
    }
    try {
      await this.#ask("INFO");
    } catch (error) {
      // Neither is likely to pass: JetStream is switched off for the server, or for the account.
      if (error instanceof BrokerError && error.isFinal) throw unusable("JetStream is off there", error);
      if (error instanceof BrokerError && error.isDenied) {
        throw new RoomcastError("ERR_MESSAGE_QUEUE", error.message, { cause: error });
      }
      throw error;
    }
  }

  /** Creates a stream where there is none, and changes one that is different. */
  async provide(config: StreamConfig): Promise<StreamState> {
    const full = {
      ...config,
      storage: "memory",
      retention: "limits",
      discard: "old",
      num_replicas: 1,
      allow_direct: true,
    };
    const { name } = config;
    const known = await this.#info(name);
    if (known === null) {
      try {
        return stateOf(await this.#ask<StreamInfo>(`STREAM.CREATE.${name}`, full));
      } catch (error) {
        // Another process was faster.
        if (!isRefusal(error, codes.otherConfig)) throw error;
        return this.provide(config);
      }
    }
    const isAlike = Object.entries(config).every(
      ([key, value]) => JSON.stringify(known.config[key]) === JSON.stringify(value),
    );
    if (isAlike) return stateOf(known);
    return stateOf(await this.#ask<StreamInfo>(`STREAM.UPDATE.${name}`, { ...known.config, ...full }));
  }

  /** Resolves to the number of messages of a stream; 0 where there is no such stream. */
  async count(stream: string): Promise<number> {
    return (await this.#info(stream))?.state.messages ?? 0;
  }

  /** Lists the streams that have a subject, or one of those that a pattern names. */
  async list(subject: string): Promise<ListedStream[]> {
    const found: ListedStream[] = [];
    for (;;) {
      const page = await this.#ask<StreamPage>("STREAM.LIST", { subject, offset: found.length });
      for (const { config, state } of page.streams ?? []) {
        found.push({ name: config.name, subjects: config.subjects ?? [], messages: state.messages });
      }
      if (found.length >= page.total || page.streams === undefined || page.streams.length === 0) return found;
    }
  }

  /** Removes a stream, if it is still there. */
  async removeStream(name: string): Promise<void> {
    try {
      await this.#ask(`STREAM.DELETE.${name}`);
    } catch (error) {
      if (!isRefusal(error, codes.notFound)) throw error;
    }
  }

  /** Whether a subject has listeners, as far as this process can see. */
  async isHeard(subject: string): Promise<boolean> {
    try {
      await this.#connection.request(subject, new Uint8Array(), { timeout: silence });
      return true;
    } catch (error) {
      // Listeners do not answer.
      return !(error instanceof this.#client.RequestError && error.isNoResponders());
    }
  }

  /** Sets the number of the next message of a stream, and removes all messages before. */
  async advance(stream: string, number: number): Promise<void> {
    await this.#ask(`STREAM.PURGE.${stream}`, { seq: number });
  }

  /** Removes a message, if it is still there. */
  async remove(stream: string, number: number): Promise<void> {
    try {
      await this.#ask(`STREAM.MSG.DELETE.${stream}`, { seq: number, no_erase: true });
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
    }
  }

  /** Stores a message. One whose id was stored lately is not stored again: the result is its first number. */
  async store(subject: string, data: Uint8Array, id: string): Promise<number> {
    const headers = this.#client.headers();
    headers.set("Nats-Msg-Id", id);
    const stored = await this.#publish(subject, data, headers);
    return "number" in stored ? stored.number : 0;
  }

  /**
   * Sends a message without storing it.
   *
   * @throws {@link BrokerError} for one that is too large
   */
  send(subject: string, data: Uint8Array): void {
    this.#checkSize(subject, data);
    this.#connection.publish(subject, data);
  }

  /** Stores a message if the latest on its subject still has this number; 0 stands for none. */
  replace(subject: string, data: Uint8Array, number: number): Promise<Stored> {
    const headers = this.#client.headers();
    headers.set("Nats-Expected-Last-Subject-Sequence", String(number));
    return this.#publish(subject, data, headers);
  }

  /**
   * Resolves to the latest number of the stream that has a subject, after all earlier messages are stored and
   * published again. It sends a message that the stream has to refuse, which goes the same way as messages
   * that it takes.
   */
  async probe(subject: string): Promise<number> {
    const headers = this.#client.headers();
    headers.set("Nats-Expected-Last-Sequence", unreachable);
    const stored = await this.#publish(subject, new Uint8Array(), headers);
    if ("number" in stored) throw new BrokerError(`NATS stored what it had to refuse on ${subject}.`);
    return stored.latest;
  }

  /** Reads the message with a number; `null` where it is not there any more. */
  read(stream: string, number: number): Promise<StoredMessage | null> {
    return this.#get(stream, { seq: number });
  }

  /** Reads the latest message of a subject; `null` for none. */
  latest(stream: string, subject: string): Promise<StoredMessage | null> {
    return this.#get(stream, { last_by_subj: subject });
  }

  async #info(stream: string): Promise<StreamInfo | null> {
    try {
      return await this.#ask<StreamInfo>(`STREAM.INFO.${stream}`);
    } catch (error) {
      if (isRefusal(error, codes.notFound)) return null;
      throw error;
    }
  }

  async #ask<Answer>(what: string, body?: unknown): Promise<Answer> {
    const message = await this.#request(
      `$JS.API.${what}`,
      Buffer.from(body === undefined ? "" : JSON.stringify(body)),
    );
    const answer = parse<Answer>(message);
    if (answer.error !== undefined) throw refusal(what, answer.error);
    return answer;
  }

  async #publish(subject: string, data: Uint8Array, headers: MsgHdrs): Promise<Stored> {
    const message = await this.#request(subject, data, headers).catch(streamIsGone);
    const { seq, error } = parse<{ readonly seq: number }>(message);
    if (error === undefined) return { number: seq };
    const [, latest] = /^wrong last sequence: (\d+)$/.exec(error.description) ?? [];
    if (latest === undefined) throw refusal(subject, error);
    return { latest: Number(latest) };
  }

  async #get(stream: string, query: object): Promise<StoredMessage | null> {
    const asked = Buffer.from(JSON.stringify(query));
    const message = await this.#request(`$JS.API.DIRECT.GET.${stream}`, asked).catch(streamIsGone);
    const { headers, data } = message;
    if (headers === undefined || headers.code === 404) return null;
    if (headers.code !== 0) throw new BrokerError(`NATS cannot read ${stream}: ${headers.description}.`);
    return { number: Number(headers.get("Nats-Sequence")), data };
  }

  async #request(subject: string, data: Uint8Array, headers?: MsgHdrs): Promise<Msg> {
    const { RequestError } = this.#client;
    const connection = this.#connection;
    this.#checkSize(subject, data);
    const asked = connection.request(subject, data, {
      timeout: never,
      ...(headers === undefined ? {} : { headers }),
    });
    try {
      return await this.#inTime(asked, subject);
    } catch (error) {
      if (connection.isClosed() || error instanceof BrokerError) throw error;
      const isFinal = error instanceof RequestError && error.isNoResponders();
      const refusal = error instanceof Error ? refusalOf(error.cause) : null;
      if (refusal instanceof RoomcastError) {
        throw new BrokerError(refusal.message, { cause: error, isDenied: true });
      }
      const why = isFinal ? "it has no listeners" : String(error);
      throw new BrokerError(`NATS refused ${subject}: ${why}.`, { cause: error, isFinal });
    }
  }

  #checkSize(subject: string, data: Uint8Array): void {
    const most = this.#connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (data.length + headerSize <= most) return;
    // The server would end the connection.
    throw new BrokerError(
      `NATS takes at most ${most} bytes, but ${data.length} are to be sent on ${subject}.`,
      { isTooLarge: true },
    );
  }

  #inTime(asked: Promise<Msg>, subject: string): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const deadline = new Deadline(() => reject(new BrokerError(`NATS did not answer ${subject} in time.`)));
      this.#waiting.add(deadline);
      const settle = () => deadline.cancel();
      asked.then(settle, settle);
      asked.then(resolve, reject);
    });
  }

  /** An answer is late. One that came while this process was frozen is read before the server's next word. */
  #onDue(refuse: () => void): void {
    this.#connection.flush().then(
      // Both may be read at once, and an answer takes a few more turns to its caller.
      () => this.#clock.atTickEnd(refuse),
      // The loss of the connection is reported elsewhere.
      () => {},
    );
  }
}

/**
 * Without listeners, the stream of a message is gone: another process removed it, and a new one will follow.
 */
function streamIsGone(error: unknown): never {
  if (!(error instanceof BrokerError) || !error.isFinal) throw error;
  throw new BrokerError(error.message, { cause: error, isEpochOver: true });
}

function parse<Answer>(message: Msg): Answer & { readonly error?: ApiError } {
  try {
    return message.json();
  } catch (cause) {
    throw new BrokerError(`What answers on ${message.subject} is not JetStream.`, { cause });
  }
}

function stateOf({ created, ts, state }: StreamInfo): StreamState {
  return {
    created: Date.parse(created),
    now: ts === undefined ? Date.now() : Date.parse(ts),
    last: state.last_seq,
  };
}

function refusal(what: string, { err_code, description }: ApiError): BrokerError {
  return new BrokerError(`NATS refused ${what}: ${description}.`, {
    code: err_code,
    isFinal: /not enabled/.test(description),
    isTooLarge: err_code === codes.tooLarge,
  });
}

function isRefusal(error: unknown, code: number): boolean {
  return error instanceof BrokerError && error.code === code;
}

function unusable(why: string, cause?: unknown): RoomcastError {
  return new RoomcastError(
    "ERR_OPTION",
    `Clients cannot come back to any process: ${why}. ` +
      `It takes nats-server ${oldest.major}.${oldest.minor} or newer with JetStream (start it with -js). Until this process restarts, clients come back to the process that they were in.`,
    { cause },
  );
}
