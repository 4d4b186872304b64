/**
 * Judges a history by the promises of docs/guarantees.md, docs/recovery.md and docs/scaling.md.
 * It does not know how the history came about.
 *
 * A **presence** is the life of a client from a `connect` with `recovered: false` to the next one. The
 * client may come back with `recovered: true` any number of times in between. In the namespace without
 * recovery each connection is a presence. A client is **inside** a room from the server's confirmation of
 * its join until it asks to leave. It is **outside** from the confirmation of its leave until it asks to join
 * again. Between the request and the confirmation its place is unknown.
 *
 * Everywhere:
 *
 * 1. *Doubled*: a presence gets no event twice.
 * 2. *Order of a publisher*: a presence gets the events of one publisher in the order of sending.
 * 3. *Stray*: a presence gets no event that was requested while it was outside all rooms of that event.
 * 4. *Lost*: an event that was requested while the presence was inside one of its rooms arrives, if
 *    - the presence lasts until the end of the trial, and it has not left the room; or
 *    - before it left the room, the presence got a later event: one of the same publisher, or one that
 *      follows in the shared order of a recoverable namespace.
 *
 *    Two losses are excused:
 *    - The process was killed within a second after the call. The excuse fails if the order of events shows
 *      that the event was sent, or if the memory is shared and some client has the event.
 *    - The event was sent while the connections to a broker broke. The excuse fails if the presence is told
 *      `recovered: true` after any presence of the same order got the event: then nothing may be missing.
 *      With a shared memory and a presence that lasts to the end, a second after the call is enough, even
 *      if no client got the event: a client that missed a lost event must get a new session.
 *
 * In a recoverable namespace:
 *
 * 5. *Disorder*: all presences see the events of a room in one order: what they see has no cycle. Where each
 *    process has a memory of its own, this holds among the presences of one process. An event has no place in
 *    that order if its process had given up the broker before any client got it.
 * 6. *Identity*: `recovered: true` comes with the earlier sid, and `recovered: false` with a new one.
 */

import {
  type Account,
  type Emission,
  type Entry,
  everybody,
  type History,
  namespaces,
  type Origin,
} from "./history.ts";

/** A broken promise. */
export interface Fault {
  readonly kind: "lost" | "doubled" | "order of a publisher" | "disorder" | "stray" | "identity";
  readonly client: string;
  /** The events concerned. */
  readonly tags: readonly number[];
  readonly text: string;
}

/** How long an event may still wait in its process after the call, in ms. */
const underWay = 1000;

/** The life of a client from one new session to the next. */
export interface Presence {
  readonly client: string;
  readonly namespace: string;
  readonly sid: string;
  readonly from: number;
  /** Whether it lasts until the end of the trial. */
  isLast: boolean;
  process: string | null;
  /** When the client was told that nothing is missing. */
  readonly claims: number[];
  readonly entries: Entry[];
}

/** A stay in a room. */
interface Stay {
  readonly room: string;
  readonly from: number;
  to: number | null;
}

type Receipt = Extract<Entry, { type: "event" }>;

/** Finds the broken promises in a history. */
export function judge(history: History): Fault[] {
  const presences = history.accounts.flatMap(presencesOf);
  const faults = history.accounts.flatMap(identityFaults);
  const origins = originsOf(history, presences);
  for (const presence of presences) {
    faults.push(...doubled(presence), ...publisherDisorder(presence), ...stray(presence, history));
  }
  for (const scope of scopesOf(presences, history.isShared))
    faults.push(...judgeScope(scope, history, origins));
  return faults;
}

/** The presences of a client, in order. */
export function presencesOf({ client, namespace, entries }: Account): Presence[] {
  const presences: Presence[] = [];
  let current: Presence | null = null;
  let isConnected = false;
  for (const entry of entries) {
    if (entry.type === "connect") {
      isConnected = true;
      if (entry.recovered && current !== null) {
        current.claims.push(entry.at);
      } else {
        const { sid, at } = entry;
        current = { client, namespace, sid, from: at, isLast: false, process: null, claims: [], entries: [] };
        presences.push(current);
      }
    } else if (entry.type === "disconnect") {
      isConnected = false;
    } else if (entry.type === "place" && current !== null) {
      current.process ??= entry.process;
    }
    current?.entries.push(entry);
  }
  if (current !== null) current.isLast = isConnected;
  return presences;
}

/** The events that a presence got. */
export function receiptsOf({ entries }: Presence): Receipt[] {
  return entries.filter((entry) => entry.type === "event");
}

/** Groups of presences that must see one order: all together, or those of each process. */
function scopesOf(presences: readonly Presence[], isShared: boolean): Presence[][] {
  const scopes = new Map<string, Presence[]>();
  for (const [index, presence] of presences.entries()) {
    const { namespace, process } = presence;
    const name =
      namespace === namespaces.plain || isShared
        ? namespace
        : `${namespace} ${process ?? `unknown ${index}`}`;
    const scope = scopes.get(name) ?? [];
    scopes.set(name, scope);
    scope.push(presence);
  }
  return [...scopes.values()];
}

function originsOf({ emissions }: History, presences: readonly Presence[]): Map<number, Origin> {
  const origins = new Map<number, Origin>();
  for (const { tag, origin } of emissions.values()) if (origin !== null) origins.set(tag, origin);
  for (const presence of presences)
    for (const receipt of receiptsOf(presence)) origins.set(receipt.tag, receipt);
  return origins;
}

function identityFaults({ client, namespace, entries }: Account): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  let sid: string | null = null;
  for (const entry of entries) {
    if (entry.type !== "connect") continue;
    const isWrong = entry.recovered
      ? entry.sid !== sid || namespace === namespaces.plain
      : seen.has(entry.sid);
    if (isWrong) {
      const text = `${client} was ${sid ?? "not connected"}, and is ${entry.sid} with recovered: ${entry.recovered}`;
      faults.push({ kind: "identity", client, tags: [], text });
    }
    sid = entry.sid;
    seen.add(sid);
  }
  return faults;
}

function doubled(presence: Presence): Fault[] {
  const seen = new Set<number>();
  const faults: Fault[] = [];
  for (const { tag } of receiptsOf(presence)) {
    if (seen.has(tag)) {
      const text = `${presence.client} got event ${tag} twice`;
      faults.push({ kind: "doubled", client: presence.client, tags: [tag], text });
    }
    seen.add(tag);
  }
  return faults;
}

function publisherDisorder(presence: Presence): Fault[] {
  const latest = new Map<string, Receipt>();
  const faults: Fault[] = [];
  for (const receipt of receiptsOf(presence)) {
    const before = latest.get(receipt.publisher);
    if (before !== undefined && before.number > receipt.number) {
      const { client } = presence;
      const text = `${client} got event ${receipt.tag} of ${receipt.publisher} after event ${before.tag}, which was sent later`;
      faults.push({ kind: "order of a publisher", client, tags: [before.tag, receipt.tag], text });
    } else {
      latest.set(receipt.publisher, receipt);
    }
  }
  return faults;
}

/** Events that arrived although the presence was in none of their rooms. */
function stray(presence: Presence, { emissions }: History): Fault[] {
  /** For each room, since when the presence is certainly outside; absent where it may be inside. */
  const outside = new Map<string, number>();
  const perhapsInside = new Set([everybody, presence.sid]);
  const faults: Fault[] = [];
  for (const entry of presence.entries) {
    switch (entry.type) {
      case "join":
        perhapsInside.add(entry.room);
        outside.delete(entry.room);
        break;
      case "left":
        perhapsInside.delete(entry.room);
        outside.set(entry.room, entry.at);
        break;
      case "event": {
        const emission = emissions.get(entry.tag);
        if (emission === undefined) break;
        const mayCome = emission.rooms.some(
          (room) =>
            perhapsInside.has(room) || (outside.has(room) && emission.begin <= (outside.get(room) ?? 0)),
        );
        if (mayCome) break;
        const { client } = presence;
        const text = `${client} got event ${entry.tag} for ${emission.rooms.join(" and ")}, where it was not`;
        faults.push({ kind: "stray", client, tags: [entry.tag], text });
        break;
      }
      default:
    }
  }
  return faults;
}

/** The periods in which a presence was inside its rooms. */
export function staysOf({ sid, from, entries }: Presence): Stay[] {
  const open = new Map<string, Stay>();
  const stays: Stay[] = [];
  const enter = (room: string, at: number) => {
    if (open.has(room)) return;
    const stay: Stay = { room, from: at, to: null };
    open.set(room, stay);
    stays.push(stay);
  };
  enter(everybody, from);
  enter(sid, from);
  for (const entry of entries) {
    if (entry.type === "joined") {
      enter(entry.room, entry.at);
    } else if (entry.type === "leave") {
      const stay = open.get(entry.room);
      if (stay !== undefined) stay.to = entry.at;
      open.delete(entry.room);
    }
  }
  return stays;
}

/** For each event, the events known to come directly before it. */
class Order {
  readonly #before = new Map<number, Set<number>>();

  /** Notes that one event comes before the other. */
  add(one: number, other: number): void {
    const before = this.#before.get(other) ?? new Set();
    this.#before.set(other, before.add(one));
  }

  /** All events that come before the given ones, and these themselves. */
  upTo(tags: Iterable<number>): Set<number> {
    const found = new Set<number>(tags);
    for (const tag of found) for (const earlier of this.#before.get(tag) ?? []) found.add(earlier);
    return found;
  }

  /** A cycle: events that come before themselves. `null` if there is none. */
  ring(): number[] | null {
    const state = new Map<number, "open" | "done">();
    for (const start of this.#before.keys()) {
      // Depth first, with an explicit stack, because chains are long.
      const path: { tag: number; next: Iterator<number> }[] = [];
      const visit = (tag: number) => {
        state.set(tag, "open");
        path.push({ tag, next: (this.#before.get(tag) ?? new Set<number>()).values() });
      };
      if (!state.has(start)) visit(start);
      for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
        const { value, done } = top.next.next();
        if (done) {
          state.set(top.tag, "done");
          path.pop();
        } else if (state.get(value) === "open") {
          const tags = path.map(({ tag }) => tag);
          return tags.slice(tags.indexOf(value)).reverse();
        } else if (!state.has(value)) {
          visit(value);
        }
      }
    }
    return null;
  }
}

/** Losses and disorder among presences that share an order. */
function judgeScope(
  presences: readonly Presence[],
  history: History,
  origins: ReadonlyMap<number, Origin>,
): Fault[] {
  const namespace = presences[0]?.namespace;
  const isKept = namespace === namespaces.kept;
  const byRoom = new Map<string, Emission[]>();
  for (const emission of history.emissions.values()) {
    if (emission.namespace !== namespace) continue;
    for (const room of emission.rooms) {
      const emissions = byRoom.get(room) ?? [];
      byRoom.set(room, emissions);
      emissions.push(emission);
    }
  }
  const firstReceipts = new Map<number, number>();
  for (const presence of presences) {
    for (const { tag, at } of receiptsOf(presence)) {
      firstReceipts.set(tag, Math.min(at, firstReceipts.get(tag) ?? Number.POSITIVE_INFINITY));
    }
  }

  const faults: Fault[] = [];
  for (const [room, emissions] of byRoom) {
    const seen = new Order();
    if (isKept) {
      const placed = emissions.filter((each) => hasPlace(each, history, origins, firstReceipts));
      const inOrder = new Set(placed.map(({ tag }) => tag));
      for (const presence of presences) addSequence(seen, receiptsIn(presence, inOrder));
      const ring = seen.ring();
      if (ring !== null) faults.push(disorder(room, ring, presences, inOrder));
    }
    // A publisher that sends an event has sent all its earlier ones.
    const publishers = new Map<string, (Origin & { tag: number })[]>();
    for (const { tag } of emissions) {
      const origin = origins.get(tag);
      if (origin === undefined) continue;
      const sent = publishers.get(origin.publisher) ?? [];
      publishers.set(origin.publisher, sent);
      sent.push({ ...origin, tag });
    }
    for (const sent of publishers.values()) {
      sent.sort((one, other) => one.number - other.number);
      addSequence(
        seen,
        sent.map(({ tag }) => tag),
      );
    }
    for (const presence of presences) {
      faults.push(
        ...lost(presence, room, emissions, {
          history,
          origins,
          order: seen,
          firstReceipts,
          isOneOrder: isKept && history.isShared,
        }),
      );
    }
  }
  return onceEach(faults);
}

/** Whether an event has a place in the order of its room: its process delivered it by way of the broker. */
function hasPlace(
  { tag, begin }: Emission,
  { detached }: History,
  origins: ReadonlyMap<number, Origin>,
  firstReceipts: ReadonlyMap<number, number>,
): boolean {
  const periods = detached.get(origins.get(tag)?.publisher ?? "") ?? [];
  const receivedAt = firstReceipts.get(tag) ?? Number.POSITIVE_INFINITY;
  return !periods.some(({ from, to }) => from <= receivedAt && begin <= to);
}

function addSequence(order: Order, tags: readonly number[]): void {
  for (let index = 1; index < tags.length; index += 1) order.add(tags[index - 1] ?? 0, tags[index] ?? 0);
}

/** The events of a room that a presence got, each once. */
function receiptsIn(presence: Presence, tags: ReadonlySet<number>): number[] {
  return [...new Set(receiptsOf(presence).map(({ tag }) => tag))].filter((tag) => tags.has(tag));
}

/** Reports an event only once when it was for several rooms of the client. */
function onceEach(faults: readonly Fault[]): Fault[] {
  const byName = new Map(
    faults.map((fault) => [`${fault.kind} ${fault.client} ${fault.tags.join()}`, fault] as const),
  );
  return [...byName.values()];
}

/** Describes the disorder by two clients, if two are enough to show it. */
function disorder(
  room: string,
  ring: readonly number[],
  presences: readonly Presence[],
  inRoom: ReadonlySet<number>,
): Fault {
  const ringTags = new Set(ring);
  const views = presences.map((presence) => ({
    client: presence.client,
    tags: receiptsIn(presence, inRoom).filter((tag) => ringTags.has(tag)),
  }));
  for (const [index, one] of views.entries()) {
    for (const other of views.slice(index + 1)) {
      const common = one.tags.filter((tag) => other.tags.includes(tag));
      for (let place = 1; place < common.length; place += 1) {
        const [first = 0, second = 0] = common.slice(place - 1, place + 1);
        if (other.tags.indexOf(first) < other.tags.indexOf(second)) continue;
        const text = `in ${room}, ${one.client} got event ${first} before event ${second}, and ${other.client} the other way round`;
        return { kind: "disorder", client: one.client, tags: [first, second], text };
      }
    }
  }
  const client = views.find(({ tags }) => tags.length > 0)?.client ?? "";
  return {
    kind: "disorder",
    client,
    tags: ring,
    text: `in ${room} the clients see no one order of the events ${ring.join(", ")}`,
  };
}

interface Evidence {
  readonly history: History;
  readonly origins: ReadonlyMap<number, Origin>;
  readonly order: Order;
  /** When any presence of the same order got an event first. */
  readonly firstReceipts: ReadonlyMap<number, number>;
  /** Whether an event that one presence got is there for all of them. */
  readonly isOneOrder: boolean;
}

/** The events of a room that a presence should have got and did not. */
function lost(presence: Presence, room: string, emissions: readonly Emission[], evidence: Evidence): Fault[] {
  const { history, order } = evidence;
  const receipts = receiptsOf(presence);
  const has = new Set(receipts.map(({ tag }) => tag));
  const inRoom = new Set(emissions.map(({ tag }) => tag));
  const lastClaim = presence.claims.at(-1) ?? Number.NEGATIVE_INFINITY;
  const faults: Fault[] = [];
  for (const stay of staysOf(presence)) {
    if (stay.room !== room) continue;
    const lastsToTheEnd = presence.isLast && stay.to === null;
    const meanwhile = receipts.filter(
      ({ tag, at }) => at >= stay.from && (stay.to === null || at < stay.to) && inRoom.has(tag),
    );
    const earlier = order.upTo(meanwhile.map(({ tag }) => tag));
    for (const emission of emissions) {
      const { tag } = emission;
      if (has.has(tag) || emission.begin <= stay.from) continue;
      const isOvertaken = earlier.has(tag);
      const isSent = isOvertaken || wasSent(emission, evidence);
      if (!(isOvertaken || (lastsToTheEnd && isSent))) continue;
      const isClaimed = knownAt(emission, lastsToTheEnd && isSent, evidence) < lastClaim;
      if (!isClaimed && isTroubled(emission, history)) continue;
      const reason = isOvertaken ? "has later ones" : "was there to the end";
      const { client } = presence;
      const text = `${client} did not get event ${tag} for ${room}, though it ${reason}${isClaimed ? " and was told that nothing is missing" : ""}`;
      faults.push({ kind: "lost", client, tags: [tag], text });
    }
  }
  return faults;
}

/** Whether an event has certainly left its process. */
function wasSent({ tag, end }: Emission, { history, origins, firstReceipts, isOneOrder }: Evidence): boolean {
  const seenAt = firstReceipts.get(tag);
  if (seenAt !== undefined && isOneOrder) return true;
  const origin = origins.get(tag);
  const sentAt = end ?? seenAt;
  // No client has it, and its sender never reported it.
  if (origin === undefined || sentAt === undefined) return false;
  return (history.ends.get(origin.publisher) ?? Number.POSITIVE_INFINITY) > sentAt + underWay;
}

/** When the presences of one order know of an event: they got it, or its loss can be detected. */
function knownAt(
  { tag, end }: Emission,
  isCertain: boolean,
  { firstReceipts, isOneOrder }: Evidence,
): number {
  const receivedAt = firstReceipts.get(tag);
  if (receivedAt !== undefined) return receivedAt;
  return isOneOrder && isCertain && end !== null ? end + underWay : Number.POSITIVE_INFINITY;
}

function isTroubled({ begin, end }: Emission, { troubles }: History): boolean {
  const last = (end ?? begin) + underWay;
  return troubles.some(({ from, to }) => begin <= to && last >= from);
}
