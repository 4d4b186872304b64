/**
 * Admits clients: so many connections in all and from one address, and so many that are still
 * being accepted. When all clients come back at once, those beyond wait for their turn for a while, and are
 * refused after that.
 */

import type { Clock } from "../../base/time/clock.ts";
import { Deadline, DeadlineQueue } from "../../base/time/deadline-queue.ts";
import type { HttpErrorName } from "./http-error.ts";
import { networkOf, subscriberOf } from "./ip-address.ts";

/** How long a client may have to wait for its turn, in ms. */
const longestWait = 5000;

/** As many addresses as may use up their limit in one network, where that has no limit of its own. */
const addressesPerNetwork = 16;

/** How many clients there may be. */
export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** From one IPv6 network of 48 bits; `null` for so many times as many. */
  readonly maxConnectionsPerNetwork: number | null;
  readonly maxHandshakes: number;
}

/** A client that waits for its turn. */
interface Waiting {
  readonly address: string;
  readonly proceed: () => void;
  readonly refuse: (error: HttpErrorName) => void;
}

/** The door of one server. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #addresses: Tally | null;
  readonly #networks: Tally | null;
  readonly #waiting = new Set<Deadline<Waiting>>();
  readonly #timeouts: DeadlineQueue<Waiting>;
  #connections = 0;
  #handshakes = 0;
  #isClosed = false;

  constructor(limits: AdmissionLimits, clock: Clock) {
    this.#limits = limits;
    const { maxConnectionsPerAddress, maxConnectionsPerNetwork } = limits;
    this.#addresses = tallyUpTo(maxConnectionsPerAddress);
    this.#networks = tallyUpTo(maxConnectionsPerNetwork ?? addressesPerNetwork * maxConnectionsPerAddress);
    this.#timeouts = new DeadlineQueue(clock, longestWait, () => this.#giveUp());
  }

  /** How many clients are being accepted. */
  get handshakes(): number {
    return this.#handshakes;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether no client is let in any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets a client in: at once, when its turn has come, or not at all. */
  admit(address: string, proceed: () => void, refuse: (error: HttpErrorName) => void): void {
    const error = this.check(address);
    if (error !== undefined) {
      refuse(error);
    } else if (this.#handshakes < this.#limits.maxHandshakes) {
      proceed();
    } else if (this.#waiting.size < this.#limits.maxHandshakes) {
      const deadline = new Deadline<Waiting>({ address, proceed, refuse });
      this.#waiting.add(deadline);
      this.#timeouts.add(deadline);
    } else {
      refuse("tooManyHandshakes");
    }
  }

  /** Why no connection from an address may be opened, if none may. */
  check(address: string): HttpErrorName | undefined {
    if (this.#isClosed) return "shuttingDown";
    if (this.#connections >= this.#limits.maxConnections) return "tooManyConnections";
    if (this.#addresses?.isFull(subscriberOf(address)) === true) return "tooManyFromAddress";
    return this.#networks?.isFull(networkOf(address)) === true ? "tooManyFromNetwork" : undefined;
  }

  /** A connection has been opened. */
  onOpen(address: string): void {
    this.#connections += 1;
    this.#count(address, 1);
  }

  /** A connection is gone. */
  onGone(address: string): void {
    this.#connections -= 1;
    this.#count(address, -1);
  }

  /** A client begins to be accepted. */
  begin(): void {
    this.#handshakes += 1;
  }

  /** That has come to its end: it is the next one's turn. */
  end(): void {
    this.#handshakes -= 1;
    for (const deadline of this.#waiting) {
      if (this.#handshakes >= this.#limits.maxHandshakes) return;
      this.#leave(deadline);
      const { address, proceed, refuse } = deadline.item;
      const error = this.check(address);
      if (error === undefined) proceed();
      else refuse(error);
    }
  }

  /** Lets no client in any more, and refuses all that wait. */
  close(): void {
    this.#isClosed = true;
    for (const deadline of this.#waiting) {
      this.#leave(deadline);
      deadline.item.refuse("shuttingDown");
    }
  }

  /** The client that has waited longest has waited too long. */
  #giveUp(): void {
    for (const deadline of this.#waiting) {
      this.#leave(deadline);
      deadline.item.refuse("tooManyHandshakes");
      return;
    }
  }

  #leave(deadline: Deadline<Waiting>): void {
    this.#waiting.delete(deadline);
    deadline.cancel();
  }

  #count(address: string, change: 1 | -1): void {
    this.#addresses?.count(subscriberOf(address), change);
    this.#networks?.count(networkOf(address), change);
  }
}

/** Connections by where they come from. */
class Tally {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether there are as many as there may be; what has no name is not counted. */
  isFull(name: string | undefined): boolean {
    return name !== undefined && (this.#counts.get(name) ?? 0) >= this.#limit;
  }

  count(name: string | undefined, change: 1 | -1): void {
    if (name === undefined) return;
    const count = (this.#counts.get(name) ?? 0) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

/** `null` where there is no limit, and nothing has to be counted. */
function tallyUpTo(limit: number): Tally | null {
  return limit === Number.POSITIVE_INFINITY ? null : new Tally(limit);
}
