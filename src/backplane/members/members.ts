/**
 * The processes that are there. In each round of {@link Rounds} they give signs of life; a process that is
 * silent for too long is given up.
 */

import type { Clock } from "../../base/time/clock.ts";
import type { HeartbeatMessage, RelayAddress, RollEntry } from "../wire/envelope.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";
import { Rounds } from "./rounds.ts";

/** How long members wait, in ms. */
export interface MemberTimes {
  /** Between two rounds of signs of life. */
  readonly heartbeatInterval: number;
  /** From a process's last sign of life until it counts as gone. */
  readonly deadAfter: number;
  /** From the first greeting until all processes that are there have answered it. */
  readonly introduction: number;
}

/** A sign of life before it is sent: in a call, with the processes that have answered the last one. */
export type HeartbeatDraft = Pick<HeartbeatMessage, "occasion" | "roll">;

/** What members ask of their owner. */
export interface MembersOwner extends MessageProblemListener {
  /** Sends a sign of life: to all, or to one process. */
  sendHeartbeat(draft: HeartbeatDraft, to: string | null): void;
  onMemberJoined(node: string, label: string): void;
  /** A process has said goodbye, or has been silent for too long. */
  onMemberLeft(node: string, label: string, isSilent: boolean): void;
}

/** The most processes that are known at a time. */
const maxMembers = 10_000;
/** The longest name for a process that is kept, in characters. */
const longestLabel = 300;
/** A process is given up only where so many rounds in a row had no sign of life of it. */
const maxMissed = 3;
/** The most processes that are asked in one round, since others have heard of them. */
const maxAsked = 50;
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
  /** Rounds since the last sign of life. */
  missed: number;
  /** Whether it has given a sign of life since this process called. */
  hasAnswered: boolean;
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
  readonly #rounds: Rounds;
  #introduced: Promise<void> | null = null;

  /**
   * @param self - this process
   */
  constructor(self: string, times: MemberTimes, clock: Clock, owner: MembersOwner) {
    this.#self = self;
    this.#times = times;
    this.#clock = clock;
    this.#owner = owner;
    this.#rounds = new Rounds(self, times.heartbeatInterval, clock, {
      call: () => this.#call(),
      answer: (caller) => owner.sendHeartbeat({ occasion: "beat" }, caller),
    });
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
    this.#owner.sendHeartbeat({ occasion: "hello" }, null);
    this.#introduced ??= new Promise((resolve) => {
      this.#clock.after(this.#times.introduction, () => {
        this.#introduced = null;
        resolve();
      });
    });
    this.#rounds.start();
    // No process could be heard until now, so none counts as silent.
    for (const member of this.#members.values()) member.lastSeen = this.#clock.now();
  }

  /** What to wait for until all processes have answered the latest greeting; `null` for nothing. */
  get introduced(): Promise<void> | null {
    return this.#introduced;
  }

  /** Takes a sign of life, with the key of the process's address. */
  onHeartbeat(heartbeat: CompleteHeartbeat): void {
    const { origin, label, occasion, isServer, relay, roll = [] } = heartbeat;
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
      const lastSeen = this.#clock.now();
      const member = { label, isServer, relay: before, lastSeen, missed: 0, hasAnswered: true };
      this.#members.set(origin, member);
      this.#takeRelay(origin, member, relay);
      this.#owner.onMemberJoined(origin, label);
    } else {
      this.#see(known);
      known.hasAnswered = true;
      known.isServer = isServer;
      this.#takeRelay(origin, known, relay);
    }
    if (occasion === "hello") this.#owner.sendHeartbeat({ occasion: "beat" }, origin);
    if (occasion === "call") this.#onCall(origin, roll);
  }

  /** Says goodbye. */
  close(): void {
    if (this.#rounds.isRunning) this.#owner.sendHeartbeat({ occasion: "goodbye" }, null);
    this.#rounds.stop();
    for (const [node, member] of this.#members) this.#remove(node, member);
  }

  /** Begins a round: calls all others, and says which of them have answered the last call. */
  #call(): void {
    const roll: RollEntry[] = [];
    for (const [node, member] of this.#members) {
      const { isServer, relay } = member;
      if (member.hasAnswered) roll.push({ node, isServer, hasRelay: relay !== null });
      else member.missed += 1;
      member.hasAnswered = false;
    }
    this.#owner.sendHeartbeat({ occasion: "call", roll }, null);
    this.#giveUpSilent();
  }

  /** Another process begins a round. */
  #onCall(caller: string, roll: readonly RollEntry[]): void {
    const isListed = roll.some(({ node }) => node === this.#self);
    const isMeaningful = this.#rounds.onCall(caller, isListed);
    const listed = new Set([caller]);
    let asked = 0;
    for (const { node, isServer, hasRelay } of roll) {
      listed.add(node);
      const member = this.#members.get(node);
      if (member !== undefined) this.#see(member);
      const isKnown = member?.isServer === isServer && (!hasRelay || member.relay !== null);
      if (isKnown || node === this.#self || asked === maxAsked) continue;
      // Its own words were lost.
      asked += 1;
      this.#owner.sendHeartbeat({ occasion: "hello" }, node);
    }
    if (!isMeaningful) return;
    for (const [node, member] of this.#members) if (!listed.has(node)) member.missed += 1;
    // More may wait to be read, after a standstill.
    this.#clock.atTickEnd(() => {
      if (this.#rounds.isRunning) this.#giveUpSilent();
    });
  }

  #see(member: Member): void {
    member.lastSeen = this.#clock.now();
    member.missed = 0;
  }

  #giveUpSilent(): void {
    const end = this.#clock.now() - this.#times.deadAfter;
    for (const [node, member] of this.#members) {
      if (member.lastSeen > end || member.missed < maxMissed) continue;
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
