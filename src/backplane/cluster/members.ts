/** The processes that are there. Each sends a sign of life every few seconds; a silent one is given up. */

import type { Clock, Timer } from "../../base/time/clock.ts";
import type { HeartbeatMessage, RelayAddress } from "../wire/envelope.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";

/** How long members wait, in ms. */
export interface MemberTimes {
  /** Between two signs of life. */
  readonly heartbeatInterval: number;
  /** From a process's last sign of life until it counts as gone. */
  readonly deadAfter: number;
  /** From the first greeting until all processes that are there have answered it. */
  readonly introduction: number;
}

/** What members ask of their owner. */
export interface MembersOwner extends MessageProblemListener {
  /** Sends a sign of life: to all, or in answer to one process. */
  sendHeartbeat(occasion: HeartbeatMessage["occasion"], to: string | null): void;
  onMemberJoined(node: string, label: string): void;
  /** A process has said goodbye, or has been silent for too long. */
  onMemberLeft(node: string, label: string, isSilent: boolean): void;
}

/** The most processes that are known at a time. */
const maxMembers = 10_000;
/** The longest name for a process that is kept, in characters. */
const longestLabel = 300;
/** The fewest processes that are remembered of those that have left. */
const remembered = 1000;

/** A sign of life that says all about where the process takes requests. */
export interface CompleteHeartbeat extends HeartbeatMessage {
  readonly relay: RelayAddress | null;
}

interface Member {
  readonly label: string;
  isServer: boolean;
  relay: RelayAddress | null;
  lastSeen: number;
}

type LeftMember = Pick<Member, "label" | "relay">;

/** The other processes. */
export class Members {
  readonly #self: string;
  readonly #times: MemberTimes;
  readonly #clock: Clock;
  readonly #owner: MembersOwner;
  readonly #members = new Map<string, Member>();
  /**
   * Processes that have left: answers that miss them name them, and their addresses stay theirs. The id of a
   * process is never used again: what comes under it later comes from the same process, or from another that
   * must not get its requests.
   */
  #left = new Map<string, LeftMember>();
  #leftEarlier = new Map<string, LeftMember>();
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

  /** How people call a process, also one that has just left. */
  label(node: string): string {
    return (this.#members.get(node) ?? this.#leftMember(node))?.label ?? node;
  }

  /** Where a process takes requests; `undefined` where it takes none, or is not known to be there. */
  relay(node: string): RelayAddress | undefined {
    return this.#members.get(node)?.relay ?? undefined;
  }

  /** Whether a process is known to be there. */
  has(node: string): boolean {
    return this.#members.has(node);
  }

  /** Greets all others. Their messages come from now on, for the first time or again. */
  greet(): void {
    this.#owner.sendHeartbeat("hello", null);
    this.#introduced ??= new Promise((resolve) => {
      this.#clock.after(this.#times.introduction, () => {
        this.#introduced = null;
        resolve();
      });
    });
    if (this.#timer === null) this.#beatLater();
    // No process could be heard until now, so none counts as silent.
    for (const member of this.#members.values()) member.lastSeen = this.#clock.now();
  }

  /** What to wait for until all processes have answered the latest greeting; `null` for nothing. */
  get introduced(): Promise<void> | null {
    return this.#introduced;
  }

  /** Takes a sign of life, with the key of the process's address. */
  onHeartbeat({ origin, label, occasion, isServer, relay }: CompleteHeartbeat): void {
    if (origin === this.#self) return;
    const known = this.#members.get(origin);
    if (occasion === "goodbye") {
      if (known === undefined) return;
      this.#remove(origin, known);
      this.#owner.onMemberLeft(origin, label, false);
      return;
    }
    if (known === undefined) {
      if (this.#members.size >= maxMembers || label.length > longestLabel) {
        this.#owner.onIgnored("crowd", `a sign of life of one more process (${origin})`);
        return;
      }
      const before = this.#leftMember(origin)?.relay ?? null;
      const member = { label, isServer, relay: before, lastSeen: this.#clock.now() };
      this.#members.set(origin, member);
      this.#takeRelay(origin, member, relay);
      this.#owner.onMemberJoined(origin, label);
    } else {
      known.lastSeen = this.#clock.now();
      known.isServer = isServer;
      this.#takeRelay(origin, known, relay);
    }
    if (occasion === "hello") this.#owner.sendHeartbeat("beat", origin);
  }

  /** Says goodbye. */
  close(): void {
    if (this.#timer !== null) this.#owner.sendHeartbeat("goodbye", null);
    this.#timer?.cancel();
    this.#timer = null;
    for (const [node, member] of this.#members) this.#remove(node, member);
  }

  #beatLater(): void {
    this.#timer = this.#clock.after(this.#times.heartbeatInterval, () => {
      // Messages that came while this process was busy wait behind the timer: signs of life, perhaps.
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
    for (const [node, member] of this.#members) {
      if (member.lastSeen > end) continue;
      this.#remove(node, member);
      this.#owner.onMemberLeft(node, member.label, true);
    }
  }

  /**
   * A process says once where it takes requests: another address would lead clients, and their cookies,
   * elsewhere.
   */
  #takeRelay(node: string, member: Member, relay: RelayAddress | null): void {
    // The same address stays the same object, so that a connection to it is kept.
    if (member.relay === null) member.relay = relay;
    else if (relay !== null && !isSame(member.relay, relay)) {
      const details = `a sign of life names another address for ${member.label} (${node})`;
      this.#owner.onIgnored("other relay", details);
    }
  }

  #leftMember(node: string): LeftMember | undefined {
    return this.#left.get(node) ?? this.#leftEarlier.get(node);
  }

  #remove(node: string, { label, relay }: Member): void {
    this.#members.delete(node);
    if (this.#left.size >= remembered) {
      this.#leftEarlier = this.#left;
      this.#left = new Map();
    }
    this.#left.set(node, { label, relay });
  }
}

function isSame(one: RelayAddress, other: RelayAddress): boolean {
  return one.host === other.host && one.port === other.port && Buffer.compare(one.key, other.key) === 0;
}
