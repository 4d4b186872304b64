/**
 * A bus over a broker of the network. It connects, watches the connection, reconnects with back-off and
 * subscribes again. A {@link BrokerLink} knows how one connection speaks to its broker.
 */

import { RoomcastError } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Bus, BusListener } from "./bus.ts";
import { LinkWatch, type PingTimes, promised, type WatchedLink } from "./link-watch.ts";
import type { BusLoad } from "./queue-health.ts";

/** Learns what happens on a link. */
export interface BrokerLinkOwner {
  onMessage(subject: string, message: Uint8Array): void;
  /** The link is of no use any more. */
  onLost(error: unknown): void;
  /** The broker did not carry a message that it had taken. */
  onRefused(error: unknown): void;
}

/**
 * One connection to a broker. The bus may use it for a moment after it is lost or closed. A failure rejects
 * the promise: a method never throws.
 */
export interface BrokerLink extends WatchedLink {
  /** Sends a message. Settles when the broker has taken it, or has refused it. */
  publish(subject: string, message: Uint8Array): Promise<unknown>;
  /** Settles when the broker has confirmed every one of the subjects. */
  subscribe(subjects: readonly string[]): Promise<unknown>;
  unsubscribe(subjects: readonly string[]): Promise<unknown>;
  /** Counts the connections that have subscribed; missing where the broker does not tell. */
  countSubscribers?(subject: string): Promise<number>;
  /** Returns an error of {@link publish} with what to do about it, where there is more to say. */
  explain?(error: unknown): unknown;
  /** Ends at once. */
  close(): void;
}

/**
 * Opens a link.
 *
 * @param signal - aborts the attempt, which then closes whatever it has opened
 */
export type ConnectBroker = (owner: BrokerLinkOwner, signal: AbortSignal) => Promise<BrokerLink>;

/** Loads a broker's files at the first connection: a program that never connects needs none of them. */
export function connectLater(load: () => Promise<ConnectBroker>): ConnectBroker {
  return async (owner, signal) => (await load())(owner, signal);
}

/** How long and how much a {@link BrokerBus} waits. */
export interface BrokerBusLimits extends PingTimes {
  /** How long a broker may take to answer other requests, in ms. */
  readonly answerTimeout: number;
  /** How long it may take to connect, in ms. */
  readonly connectTimeout: number;
  /** The longest pause between two attempts to connect, in ms. */
  readonly maxRetryDelay: number;
  /** The most bytes under way to the broker without its answer. */
  readonly maxPendingBytes: number;
}

const defaultLimits: BrokerBusLimits = {
  // A broker that falls silent is found out within the sum of these two.
  pingInterval: 1600,
  pingTimeout: 1400,
  answerTimeout: 2000,
  connectTimeout: 5000,
  maxRetryDelay: 2000,
  maxPendingBytes: 16 * 1024 * 1024,
};

/** The bytes that each message under way costs besides its own. */
const messageOverhead = 256;

/** A link in use. */
interface Session {
  readonly link: BrokerLink;
  pendingBytes: number;
  pendingMessages: number;
  readonly lose: (error: unknown) => void;
}

/** Messages from before the end of the first attempt to connect. */
interface EarlyMessages {
  readonly messages: [subject: string, message: Uint8Array][];
  bytes: number;
}

interface Subscription {
  readonly confirmed: Promise<void>;
  readonly confirm: () => void;
}

/** See the head of this file. */
export class BrokerBus implements Bus {
  readonly name: string;
  readonly #connect: ConnectBroker;
  readonly #clock: Clock;
  readonly #limits: BrokerBusLimits;
  readonly #watch: LinkWatch;
  readonly #subscriptions = new Map<string, Subscription>();
  #listener: BusListener | null = null;
  /** Messages from before the end of the first attempt to connect; `null` afterwards. */
  #early: EarlyMessages | null = { messages: [], bytes: 0 };
  /** The current link. It subscribes before the bus is up. */
  #session: Session | null = null;
  #isUp = false;
  #toldError: unknown = null;
  #toSubscribe: Set<string> | null = null;
  #idle: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #isClosed = false;

  /**
   * @param name - the broker's name, for messages
   * @param connect - opens a link
   * @param clock - where time comes from
   * @param limits - where they differ from the default
   */
  constructor(name: string, connect: ConnectBroker, clock: Clock, limits: Partial<BrokerBusLimits> = {}) {
    this.name = name;
    this.#connect = connect;
    this.#clock = clock;
    this.#limits = { ...defaultLimits, ...limits };
    this.#watch = new LinkWatch(name, clock, this.#limits.answerTimeout);
  }

  open(listener: BusListener): Promise<void> {
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      void this.#run(resolve).catch((error: unknown) => {
        this.#dropEarly();
        reject(error);
      });
    });
  }

  publish(subject: string, message: Uint8Array): boolean {
    const early = this.#early;
    if (early !== null && !this.#isClosed) {
      if (early.bytes + message.length > this.#limits.maxPendingBytes) return false;
      early.bytes += message.length + messageOverhead;
      early.messages.push([subject, message]);
      return true;
    }
    const session = this.#session;
    if (session === null || !this.#isUp) return false;
    const size = message.length + messageOverhead;
    if (session.pendingBytes + size > this.#limits.maxPendingBytes) return false;
    session.pendingBytes += size;
    session.pendingMessages += 1;
    const begin = this.#watch.begin();
    const settle = () => {
      session.pendingBytes -= size;
      session.pendingMessages -= 1;
      if (session.pendingBytes === 0) this.#idle?.();
    };
    const taken = () => {
      this.#watch.onAnswer(begin);
      settle();
    };
    promised(() => session.link.publish(subject, message)).then(taken, (error: unknown) => {
      this.#watch.onFailure(begin);
      settle();
      // Where the whole link is lost, that is told once and not for each message.
      if (session !== this.#session) return;
      this.#listener?.onRefused(session.link.explain === undefined ? error : session.link.explain(error));
    });
    return true;
  }

  /** The broker has answered a request that did not go through this bus. */
  onAnswer(): void {
    this.#watch.onAnswer();
  }

  get load(): BusLoad {
    const waiting = (this.#early?.messages.length ?? 0) + (this.#session?.pendingMessages ?? 0);
    return { waiting, latency: this.#watch.latency };
  }

  subscribe(subject: string): Promise<void> {
    let subscription = this.#subscriptions.get(subject);
    if (subscription === undefined) {
      let confirm = () => {};
      const confirmed = new Promise<void>((resolve) => {
        confirm = resolve;
      });
      subscription = { confirmed, confirm };
      this.#subscriptions.set(subject, subscription);
      if (this.#session !== null) this.#subscribeSoon(subject, this.#session);
    }
    return subscription.confirmed;
  }

  unsubscribe(subject: string): void {
    const subscription = this.#subscriptions.get(subject);
    if (subscription === undefined) return;
    this.#subscriptions.delete(subject);
    // No more messages come, so waiting ends.
    subscription.confirm();
    const session = this.#session;
    if (this.#toSubscribe?.delete(subject) === true || session === null) return;
    promised(() => session.link.unsubscribe([subject])).catch((error: unknown) => session.lose(error));
  }

  async countSubscribers(subject: string): Promise<number | null> {
    if (this.#session === null || !this.#isUp)
      throw new RoomcastError("ERR_MESSAGE_QUEUE", `${this.name} is down.`);
    return (await this.#session.link.countSubscribers?.(subject)) ?? null;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#settled();
    this.#isClosed = true;
    this.#tellUnconfirmed(new Error(`${this.name} did not answer in time.`));
    this.#session?.lose(new Error("The bus was closed."));
    this.#wake?.();
    this.#isUp = false;
    this.#listener = null;
    for (const { confirm } of this.#subscriptions.values()) confirm();
    this.#subscriptions.clear();
  }

  /** Waits a moment for messages under way. */
  async #settled(): Promise<void> {
    const isBusy =
      this.#early !== null ? this.#early.messages.length > 0 : (this.#session?.pendingBytes ?? 0) > 0;
    if (!isBusy) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(this.#limits.answerTimeout, resolve, true);
      this.#idle = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#idle = null;
  }

  /** Connects again and again until the bus is closed. */
  async #run(onFirst: () => void): Promise<void> {
    let failures = 0;
    let isFirst = true;
    while (!this.#isClosed) {
      const session = await this.#establish().catch((error: unknown) => {
        if (isFinal(error, isFirst)) throw error;
        return { error };
      });
      isFirst = false;
      let error: unknown;
      if ("lost" in session) {
        failures = 0;
        onFirst();
        error = await session.lost;
      } else {
        error = session.error;
      }
      this.#session = null;
      this.#toSubscribe = null;
      if (this.#isClosed) break;
      // The listener learns of the first attempt in any case, of later ones only when they change something.
      if (this.#isUp || this.#early !== null || this.#isNews(error)) {
        this.#isUp = false;
        this.#idle?.();
        this.#toldError = error;
        this.#listener?.onDown(error);
        this.#dropEarly();
      }
      onFirst();
      failures += 1;
      await this.#pause(Math.min(2 ** failures * 50, this.#limits.maxRetryDelay));
    }
    onFirst();
  }

  /** The first attempt has failed: messages from before are not sent. */
  #dropEarly(): void {
    const count = this.#early?.messages.length ?? 0;
    this.#early = null;
    if (count > 0) this.#listener?.onDropped?.(count);
  }

  #tellUnconfirmed(error: unknown): void {
    const count = this.#session?.pendingMessages ?? 0;
    if (count > 0) this.#listener?.onUnconfirmed?.(count, error);
  }

  /** Whether the broker now refuses this process, which waiting alone does not end. */
  #isNews(error: unknown): boolean {
    if (!(error instanceof RoomcastError)) return false;
    return !(this.#toldError instanceof RoomcastError) || this.#toldError.message !== error.message;
  }

  /** One link with all subscriptions, watched until it is lost. */
  async #establish(): Promise<{ lost: Promise<unknown> }> {
    let lose: (error: unknown) => void = () => {};
    const lost = new Promise<unknown>((resolve) => {
      lose = resolve;
    });
    const attempt = new AbortController();
    const owner: BrokerLinkOwner = {
      onMessage: (subject, message) => {
        this.#watch.onMessage();
        this.#listener?.onMessage(subject, message);
      },
      onLost: (error) => lose(error),
      onRefused: (error) => this.#listener?.onRefused(error),
    };
    const connecting = this.#connect(owner, attempt.signal);
    const link = await this.#watch.inTime(connecting, this.#limits.connectTimeout).catch((error: unknown) => {
      attempt.abort(error);
      // A link that opens too late is closed.
      void connecting.then(
        (late) => late.close(),
        () => {},
      );
      throw error;
    });
    if (this.#isClosed) {
      link.close();
      throw new Error("The bus was closed.");
    }
    const session: Session = { link, pendingBytes: 0, pendingMessages: 0, lose };
    this.#session = session;
    const subjects = [...this.#subscriptions.keys()];
    try {
      if (subjects.length > 0) await this.#watch.inTime(promised(() => link.subscribe(subjects)));
    } catch (error) {
      link.close();
      throw error;
    }
    this.#confirm(subjects);
    const timer = this.#watch.watch(link, this.#limits, lose);
    this.#becomeUp();
    return {
      lost: lost.then((error) => {
        timer.cancel();
        this.#tellUnconfirmed(error);
        // The end of a link rejects all messages under way on it.
        if (this.#session === session) this.#session = null;
        link.close();
        return error;
      }),
    };
  }

  #becomeUp(): void {
    this.#isUp = true;
    this.#toldError = null;
    const early = this.#early;
    this.#early = null;
    // The listener sends more once the bus is up, and that must not overtake messages that have waited.
    for (const [subject, message] of early?.messages ?? []) this.publish(subject, message);
    this.#listener?.onUp();
  }

  #confirm(subjects: Iterable<string>): void {
    for (const subject of subjects) this.#subscriptions.get(subject)?.confirm();
  }

  /** Subscribes at the end of this turn, together with other subjects of the turn. */
  #subscribeSoon(subject: string, session: Session): void {
    if (this.#toSubscribe !== null) {
      this.#toSubscribe.add(subject);
      return;
    }
    const batch = new Set([subject]);
    this.#toSubscribe = batch;
    queueMicrotask(() => {
      if (this.#toSubscribe === batch) this.#toSubscribe = null;
      if (batch.size === 0 || this.#session !== session) return;
      const subjects = [...batch];
      promised(() => session.link.subscribe(subjects)).then(
        () => this.#confirm(subjects),
        (error: unknown) => session.lose(error),
      );
    });
  }

  /** Waits for a random part of a time, so that processes that lost the broker together come back apart. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(Math.ceil(milliseconds * (0.5 + Math.random() / 2)), resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

/**
 * Whether no attempt can succeed. A broker that refuses the first attempt refuses the setup of this process.
 * A later refusal may come from a change at the broker, which can be undone while this process runs.
 */
function isFinal(error: unknown, isFirst: boolean): boolean {
  return error instanceof RoomcastError && (isFirst || error.code !== "ERR_MESSAGE_QUEUE");
}
