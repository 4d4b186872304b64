/**
 * Whether administrators look, at this process or at another one, and whether they look at each client. A
 * process with administrators tells the others, again and again: what it told holds for a while only, so that
 * nothing is left of a process that has died.
 */

import type { Clock, Timer } from "../base/time/clock.ts";
import type { AdminPeers } from "./admin-peers.ts";

/** What the audience needs of its process. */
export interface AudienceOwner {
  readonly peers: AdminPeers;
  readonly clock: Clock;
  /** The number of clients of this process. */
  clientCount(): number;
  /** Something has changed in what other processes want to hear. */
  onChange(): void;
  /** An administrator has come to another process, and wants to hear at once. */
  onNewcomer(): void;
  /** @param clients - how many clients all processes have */
  onCounted(clients: number): void;
}

/** What another process wants to hear, and how long that holds. */
interface Lease {
  readonly isDetailed: boolean;
  readonly until: number;
}

const watch = "roomcast:admin watch";
const end = "roomcast:admin end";
/** How often a process says that it has administrators, and how long others believe it, in ms. */
const renewal = 5000;
const leaseTime = 16_000;
/** How long others may take to answer, in ms. */
const askTimeout = 2000;

/** The administrators of all processes. */
export class Audience {
  readonly #owner: AudienceOwner;
  readonly #leases = new Map<string, Lease>();
  #timer: Timer | null = null;
  #isHere = false;
  #wantsDetails = false;

  /** @param owner - this process */
  constructor(owner: AudienceOwner) {
    this.#owner = owner;
    owner.peers.answer(watch, (node, isDetailed, isNew) => {
      if (typeof node !== "string") return [];
      this.#leases.set(node, { isDetailed: isDetailed === true, until: owner.clock.now() + leaseTime });
      owner.onChange();
      if (isNew === true) owner.onNewcomer();
      return [owner.clientCount()];
    });
    owner.peers.answer(end, (node) => {
      if (typeof node === "string" && this.#leases.delete(node)) owner.onChange();
      return [];
    });
  }

  /** Whether another process has administrators. */
  get isElsewhere(): boolean {
    return this.#leases.size > 0;
  }

  /** Whether administrators look from anywhere. */
  get isThere(): boolean {
    return this.#isHere || this.isElsewhere;
  }

  /** Whether one of them looks at each client. */
  get isDetailed(): boolean {
    if (this.#isHere && this.#wantsDetails) return true;
    for (const lease of this.#leases.values()) if (lease.isDetailed) return true;
    return false;
  }

  /** An administrator has come to this process. Resolves when all processes have counted their clients. */
  async welcome(): Promise<void> {
    this.#isHere = true;
    this.#owner.onChange();
    this.#wait();
    await this.#tell(true);
  }

  /** The administrators of this process look at each client, or do not. */
  async want(isDetailed: boolean): Promise<void> {
    this.#wantsDetails = isDetailed;
    this.#owner.onChange();
    if (this.#isHere) await this.#tell(false);
  }

  /** The last administrator of this process has left. */
  leave(): void {
    if (!this.#isHere) return;
    this.#isHere = false;
    this.#wantsDetails = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#owner.peers.tell(end, [this.#owner.peers.node]);
    this.#owner.onChange();
  }

  /** Forgets processes that have not said for a while that they have administrators. */
  prune(): void {
    const before = this.#leases.size;
    const now = this.#owner.clock.now();
    for (const [node, { until }] of this.#leases) if (until <= now) this.#leases.delete(node);
    if (this.#leases.size !== before) this.#owner.onChange();
  }

  #wait(): void {
    this.#timer?.cancel();
    this.#timer = this.#owner.clock.after(renewal, () => {
      this.#wait();
      void this.#tell(false);
    });
  }

  async #tell(isNew: boolean): Promise<void> {
    const { peers } = this.#owner;
    let clients = this.#owner.clientCount();
    await peers.ask(watch, [peers.node, this.#wantsDetails, isNew], askTimeout, ([count]) => {
      if (typeof count === "number") clients += count;
      return false;
    });
    if (this.#isHere) this.#owner.onCounted(clients);
  }
}
