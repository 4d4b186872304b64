/**
 * The schedule of a trial: what happens, and when. A seed decides it.
 * Knows clients and processes only by number.
 */

import { Random } from "../fuzz/random.ts";
import type { Interruption } from "../support/tcp-proxy.ts";
import { everybody, namespaces } from "./history.ts";

/** What connects the processes. */
export const backplanes = ["memory", "ipc", "redis", "nats", "jetstream"] as const;

/** One of {@link backplanes}. */
export type Backplane = (typeof backplanes)[number];

/** What can go wrong. */
export const troubleKinds = ["cut", "early", "freeze", "kill", "restart", "hang", "unsubscribe"] as const;

/** One of {@link troubleKinds}. */
export type TroubleKind = (typeof troubleKinds)[number];

/** The sender of an event: a server by itself, a client through its server, or a process without clients. */
export type Speaker = { by: "server"; slot: number } | { by: "client"; client: number } | { by: "outside" };

/** One thing that happens, `at` ms after the start. */
export type Step = { readonly at: number } & (
  | {
      readonly type: "say";
      readonly speaker: Speaker;
      readonly namespace: string;
      /** Rooms by name; `"own room of 3"` is the room of client 3. */
      readonly rooms: readonly string[];
      /** How many events to send, one directly after the other. */
      readonly count: number;
    }
  | { readonly type: "join" | "leave"; readonly client: number; readonly room: string }
  /** A client loses its connection, and cannot reconnect for a while. */
  | { readonly type: "cut"; readonly client: number; readonly how: Interruption; readonly away: number }
  /** A process is frozen for a while. */
  | { readonly type: "freeze"; readonly slot: number; readonly time: number }
  /** A process is killed as by `kill -9`, and replaced after a while. */
  | { readonly type: "kill"; readonly slot: number; readonly pause: number }
  /** The broker ends, and restarts with its data or empty. */
  | { readonly type: "restart"; readonly pause: number; readonly isEmpty: boolean }
  /** The broker is frozen. */
  | { readonly type: "hang"; readonly time: number }
  /** The connections break over which the processes receive each other's messages. */
  | { readonly type: "unsubscribe" }
);

/** How large a trial is. */
export const size = { slots: 4, clients: 16 } as const;

/** The rooms, apart from the whole namespace and each client's own room. */
export const roomNames = ["red", "green", "blue", "gold"] as const;

/** How long things go wrong before everything is mended, in ms. */
const duration = 2200;

/** The namespace of a client. */
export function namespaceOf(client: number): string {
  return client % 2 === 0 ? namespaces.kept : namespaces.plain;
}

/** How a client carries its packets. */
export function transportOf(client: number): "websocket" | "polling" | "upgrade" {
  return (["websocket", "polling", "websocket", "upgrade"] as const)[(client >> 1) % 4] ?? "websocket";
}

/** The name of the room that only this client is in. */
export function ownRoom(client: number): string {
  return `own room of ${client}`;
}

/** The client whose own room this is; `null` for any other room. */
export function ownerOf(room: string): number | null {
  const [, client] = /^own room of (\d+)$/.exec(room) ?? [];
  return client === undefined ? null : Number(client);
}

/** The schedule of a seed. `only` restricts what may go wrong. */
export function makeSchedule(
  seed: number,
  backplane: Backplane,
  only: readonly TroubleKind[] = troubleKinds,
): Step[] {
  const random = new Random(seed);
  return [...chatter(random), ...troubles(random, backplane, only)].sort((one, other) => one.at - other.at);
}

/** Clients and servers that send events, join and leave. */
function chatter(random: Random): Step[] {
  const steps: Step[] = [];
  const namespace = () => random.pick([namespaces.kept, namespaces.plain]);
  for (let client = 0; client < size.clients; client += 1) {
    for (const room of roomNames) if (random.oneIn(2)) steps.push({ at: 0, type: "join", client, room });
  }
  for (let at = 120; at < duration; at += 3 + random.below(12)) {
    const chance = random.below(100);
    const client = random.below(size.clients);
    if (chance < 8) {
      steps.push({ at, type: random.oneIn(2) ? "join" : "leave", client, room: random.pick(roomNames) });
    } else {
      const where = chance < 40 ? namespaceOf(client) : namespace();
      const speaker: Speaker =
        chance < 40
          ? { by: "client", client }
          : chance < 80
            ? { by: "server", slot: random.below(size.slots) }
            : { by: "outside" };
      const count = random.oneIn(5) ? 2 + random.below(12) : 1;
      steps.push({ at, type: "say", speaker, namespace: where, rooms: roomsFor(random, where), count });
    }
  }
  return steps;
}

function roomsFor(random: Random, namespace: string): string[] {
  const chance = random.below(20);
  if (chance < 2) return [everybody];
  if (chance < 4) {
    const client = random.below(size.clients / 2) * 2;
    return [ownRoom(namespace === namespaces.kept ? client : client + 1)];
  }
  if (chance < 7) return [...new Set([random.pick(roomNames), random.pick(roomNames)])];
  return [random.pick(roomNames)];
}

function troubles(random: Random, backplane: Backplane, only: readonly TroubleKind[]): Step[] {
  const steps: Step[] = [];
  if (only.includes("cut")) {
    for (let at = 100 + random.below(200); at < duration; at += 20 + random.below(120)) {
      const how = random.pick(["cut", "cut", "half open", "freeze"] as const);
      const away = random.oneIn(2) ? 0 : random.below(500);
      steps.push({ at, type: "cut", client: random.below(size.clients), how, away });
    }
  }
  // Cuts before the first event: the client cannot name a last event yet.
  if (only.includes("early") && (only.length === 1 || random.oneIn(4))) {
    for (let client = 0; client < size.clients; client += 1) {
      steps.push({ at: 60 + random.below(60), type: "cut", client, how: "cut", away: random.below(300) });
    }
  }
  const known = kindsOf(backplane).filter((kind) => only.includes(kind));
  const [first, ...others] = known;
  if (first === undefined) return steps;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const at = 200 + random.below(duration - 300);
    steps.push({ at, ...trouble(random, random.pick([first, ...others]), backplane) });
  }
  return steps;
}

type Untimed<S> = S extends Step ? Omit<S, "at"> : never;

function trouble(random: Random, kind: TroubleKind, backplane: Backplane): Untimed<Step> {
  const slot = random.below(size.slots);
  switch (kind) {
    case "freeze": {
      // Shorter than a client's patience, longer, and sometimes longer than the patience of other processes.
      const time = random.oneIn(12)
        ? 14_000
        : random.oneIn(3)
          ? 50 + random.below(300)
          : 1000 + random.below(1500);
      return { type: "freeze", slot, time };
    }
    case "restart":
      return {
        type: "restart",
        pause: random.below(800),
        isEmpty: backplane === "redis" && random.oneIn(2),
      };
    case "hang":
      return { type: "hang", time: 100 + random.below(1500) };
    case "unsubscribe":
      return { type: "unsubscribe" };
    default:
      return { type: "kill", slot, pause: random.below(500) };
  }
}

/** What can go wrong with a backplane, apart from the clients' connections. */
function kindsOf(backplane: Backplane): readonly TroubleKind[] {
  switch (backplane) {
    case "memory":
      return ["freeze", "kill"];
    case "ipc":
      return ["freeze", "kill", "kill", "hang"];
    default:
      return ["freeze", "freeze", "kill", "kill", "restart", "hang", "unsubscribe"];
  }
}
