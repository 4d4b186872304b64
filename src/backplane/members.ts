/** Which processes there are: each gives a sign of life every few seconds, and one that gives none is given up. */

import type { Clock, Timer } from "../base/clock.ts";
import type { HeartbeatMessage, RelayAddress } from "./envelope.ts";

/** How long members wait, in ms. */
export interface MemberTimes {
  /** Between two signs of life. */
  readonly heartbeatInterval: number;
  /** Without a sign of life until a process counts as gone. */
  readonly deadAfter: number;
  /** After the first greeting until all who are there have answered it. */
  readonly introduction: number;
}

/** What members ask of their owner. */
export interface MembersOwner {
  /** Sends a sign of life: to all, or in answer to one process. */
  sendHeartbeat(occasion: HeartbeatMessage["occasion"], to: string | null): void;
  onMemberJoined(node: string, label: string): void;
  /** A process has said goodbye, or has been silent for too long. */
  onMemberLeft(node: string, label: string, isSilent: boolean): void;
}

interface Member {
  readonly label: string;
  isServer: boolean;
  relay: RelayAddress | null;
  lastSeen: number;
}

/** The other processes. */
export class Members {
  readonly #self: string;
  readonly #times: MemberTimes;
  readonly #clock: Clock;
  readonly #owner: MembersOwner;
  readonly #members = new Map<string, Member>();
  #timer: Timer | null = null;
  #introduced: Promise<void> | null = null;

  /**
   * @param self - this process
   */
  constructor(self: string, times: MemberTimes, clock: Clock, owner: MembersOwner) {
    this.#self = self;
    this.#times = times;
    this.#clock = clock;
    this.#owner = owner;
  }

  /** The ids of the other processes that have clients. */
  servers(): string[] {
    return [...this.#members].filter(([, { isServer }]) => isServer).map(([node]) => node);
  }

  /** How people call a process. */
  label(node: string): string {
    return this.#members.get(node)?.label ?? node;
  }

  /** Where a process takes requests; `undefined` where it takes none, or is not known to be there. */
  relay(node: string): RelayAddress | undefined {
    return this.#members.get(node)?.relay ?? undefined;
  }

  /** Whether a process is known to be there. */
  has(node: string): boolean {
    return this.#members.has(node);
  }

  /** The messages of others come, for the first time or again: greets them all. */
  greet(): void {
    this.#owner.sendHeartbeat("hello", null);
    this.#introduced ??= new Promise((resolve) => {
      this.#clock.after(this.#times.introduction, () => {
        this.#introduced = null;
        resolve();
      });
    });
    if (this.#timer === null) this.#beatLater();
    // Nobody could be heard meanwhile, so nobody is to blame for having been silent.
    for (const member of this.#members.values()) member.lastSeen = this.#clock.now();
  }

  /** What to wait for until those who are there have answered the latest greeting; `null` for nothing. */
  get introduced(): Promise<void> | null {
    return this.#introduced;
  }

  /** Takes a sign of life. */
  onHeartbeat({ origin, label, occasion, isServer, relay }: HeartbeatMessage): void {
    if (origin === this.#self) return;
    const known = this.#members.get(origin);
    if (occasion === "goodbye") {
      this.#members.delete(origin);
      if (known !== undefined) this.#owner.onMemberLeft(origin, label, false);
      return;
    }
    if (known === undefined) {
      this.#members.set(origin, { label, isServer, relay, lastSeen: this.#clock.now() });
      this.#owner.onMemberJoined(origin, label);
    } else {
      known.lastSeen = this.#clock.now();
      known.isServer = isServer;
      // The same address stays the same object: who has a connection to it keeps that.
      if (!isSame(known.relay, relay)) known.relay = relay;
    }
    if (occasion === "hello") this.#owner.sendHeartbeat("beat", origin);
  }

  /** Says goodbye. */
  close(): void {
    if (this.#timer !== null) this.#owner.sendHeartbeat("goodbye", null);
    this.#timer?.cancel();
    this.#timer = null;
    this.#members.clear();
  }

  #beatLater(): void {
    this.#timer = this.#clock.after(this.#times.heartbeatInterval, () => {
      // What came while this process was busy waits behind the timer, signs of life perhaps.
      this.#clock.atTickEnd(() => {
        if (this.#timer === null) return;
        this.#owner.sendHeartbeat("beat", null);
        this.#beatLater();
        this.#giveUpSilent();
      });
    });
  }

  #giveUpSilent(): void {
    const end = this.#clock.now() - this.#times.deadAfter;
    for (const [node, { label, lastSeen }] of this.#members) {
      if (lastSeen > end) continue;
      this.#members.delete(node);
      this.#owner.onMemberLeft(node, label, true);
    }
  }
}

function isSame(one: RelayAddress | null, other: RelayAddress | null): boolean {
  if (one === null || other === null) return one === other;
  return one.host === other.host && one.port === other.port && Buffer.compare(one.key, other.key) === 0;
}
