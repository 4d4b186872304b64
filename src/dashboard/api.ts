/**
 * What the dashboard's page asks a server, what the processes of a cluster ask each other for it, and the
 * answers. Plain data for JSON, without Node: the page is compiled with this file, too.
 */

/** The header field of every request that the page makes. No page of another origin can send it. */
export const pageField = "x-roomcast-dashboard";

/** Numbers since the start of the process, and of this moment. */
export interface ProcessState {
  /** Names the process among all that answer. */
  readonly id: string;
  /** The name of the process for people: host and process id. */
  readonly label: string;
  /** When the numbers were taken, in ms on the clock of the process that never jumps. */
  readonly at: number;
  /** How long the process runs, in seconds. */
  readonly uptime: number;
  /** The runtime with its version: `Node.js 24.1.0`. */
  readonly runtime: string;
  /** Whether it takes new clients. */
  readonly ready: boolean;
  /** Processor time in ms. */
  readonly cpu: number;
  /** Memory in bytes. */
  readonly memory: { readonly resident: number; readonly heap: number };
  /** How late the event loop ran its timers; `null` where it is not measured. */
  readonly loop: Durations | null;
  readonly clients: number;
  readonly handshakes: number;
  /** Connections by transport. */
  readonly transports: Readonly<Record<string, number>>;
  readonly namespaces: readonly NamespaceState[];
  /** Counters of single facts, by name. */
  readonly counts: Readonly<Record<string, number>>;
  /** Connections that ended, by reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Requests that were refused, by the name of the refusal. */
  readonly refused: Readonly<Record<string, number>>;
  /** Clients that asked to return, by how it ended, and those that did not come in time. */
  readonly returns: Readonly<Record<string, number>>;
  /** Traffic; `null` where the server counts none. */
  readonly traffic: Traffic | null;
  /** The connection to the message queue; `null` for none. */
  readonly queue: QueueView | null;
  /** The clients with the most bytes that wait to be written, the first one first. */
  readonly slow: readonly ClientRow[];
}

/** One namespace in one process. */
export interface NamespaceState {
  readonly name: string;
  readonly clients: number;
  readonly rooms: number;
  /** Clients that are away and may come back; `null` without recovery. */
  readonly away: number | null;
}

/** Messages and bytes since the start of the process. */
export interface Traffic {
  readonly eventsIn: number;
  readonly eventsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly errors: number;
  /** How long handlers took. */
  readonly handlers: Durations;
}

/** A distribution of durations. */
export interface Durations {
  readonly count: number;
  /** In seconds. */
  readonly sum: number;
  /** Upper bounds, in seconds, ascending. */
  readonly bounds: readonly number[];
  /** How many durations were at most so long, for each bound. */
  readonly counts: readonly number[];
}

/** The message queue, as a process sees it. */
export interface QueueView {
  readonly broker: string;
  readonly state: string;
  /** The last round trip, in ms; `null` where it is not known. */
  readonly latency: number | null;
  readonly waiting: number;
  readonly dropped: number;
  readonly error: string | null;
}

/** One kind of event in one process. */
export interface EventState {
  readonly namespace: string;
  readonly event: string;
  readonly handled: number;
  readonly errors: number;
  readonly handlers: Durations;
}

/** One client in a list. */
export interface ClientRow {
  readonly sid: string;
  readonly namespace: string;
  readonly address: string;
  readonly transport: string;
  /** When it connected, in ms since 1970. */
  readonly since: number;
  readonly rooms: number;
  /** Bytes that wait to be written to it. */
  readonly buffered: number;
  /** The process that has it. */
  readonly process: string;
}

/** One room, over all processes that answered. */
export interface RoomRow {
  readonly namespace: string;
  readonly room: string;
  readonly members: number;
}

/** Everything about one client that is no secret. */
export interface ClientDetails extends ClientRow {
  /** Names of its rooms, besides its own. */
  readonly roomNames: readonly string[];
  readonly secure: boolean;
  /** Without parameters that may hold secrets. */
  readonly url: string;
  /** Without fields that may hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** The version of the Engine.IO protocol. */
  readonly protocol: number;
  readonly recovered: boolean;
  /** What the application tells of it, as JSON; `null` where payloads are hidden. */
  readonly publicData: string | null;
  /** The other namespaces of the same connection. */
  readonly otherNamespaces: readonly string[];
}

/** By what a list of clients can be sorted. */
export type ClientOrder = "since" | "address" | "transport" | "rooms" | "buffered" | "namespace";

/** By what a list of rooms can be sorted. */
export type RoomOrder = "members" | "room";

/** Which part of the clients a page asks for. */
export interface ClientQuery {
  readonly type: "clients";
  /** A part of the sid, the address or the public data; empty for all. */
  readonly search: string;
  /** `null` for all. */
  readonly namespace: string | null;
  /** `null` for all. */
  readonly room: string | null;
  readonly order: ClientOrder;
  readonly descending: boolean;
  /** The place of the last client of the page before; `null` for the first page. */
  readonly after: ListPlace | null;
  readonly limit: number;
}

/** Which part of the rooms a page asks for. */
export interface RoomQuery {
  readonly type: "rooms";
  /** A part of the name; empty for all. */
  readonly search: string;
  readonly namespace: string | null;
  readonly order: RoomOrder;
  readonly descending: boolean;
  /** How many rooms come before. */
  readonly offset: number;
  readonly limit: number;
}

/** The place of a row in a list: what the list is sorted by, and what tells the row from others. */
export type ListPlace = readonly [key: string | number, id: string];

/** Names one client. */
export interface ClientName {
  readonly namespace: string;
  readonly sid: string;
}

/** What one process is asked by another. */
export type Question =
  | { readonly type: "state" }
  | { readonly type: "events" }
  | ClientQuery
  | RoomQuery
  | { readonly type: "room sizes"; readonly rooms: readonly (readonly [namespace: string, room: string])[] }
  | ({ readonly type: "client" } & ClientName)
  | ({ readonly type: "tail"; readonly after: number; readonly wait: number } & ClientName)
  | { readonly type: "signed out"; readonly session: string; readonly until: number };

/** The clients of one page in one process. */
export interface ClientPart {
  readonly rows: readonly (ClientRow & { readonly place: ListPlace })[];
  /** All clients that fit. */
  readonly total: number;
}

/** The rooms of one page in one process. */
export interface RoomPart {
  readonly rows: readonly RoomRow[];
  readonly total: number;
}

/** One thing that happened to a client. */
export interface TailEntry {
  readonly number: number;
  /** In ms since 1970. */
  readonly time: number;
  readonly kind: "in" | "out" | "room joined" | "room left" | "disconnect";
  /** The name of the event, of the room, or the reason. */
  readonly name: string;
  /** The arguments as JSON, cut where they are long; `null` where payloads are hidden. */
  readonly payload: string | null;
  /** The client itself, a room, or all. */
  readonly to: string | null;
}

/** What happened to a client since the answer before. */
export interface TailPart {
  readonly entries: readonly TailEntry[];
  /** The number to ask with next. */
  readonly next: number;
  /** How many entries came too fast to be kept. */
  readonly lost: number;
  /** Whether the client has left. */
  readonly ended: boolean;
}

/** What the page is told before anything else. */
export interface SessionAnswer {
  /** The name that was signed in with; `null` where the application knows. */
  readonly user: string | null;
  readonly readonly: boolean;
  readonly payloads: boolean;
}

/** The answer to a request that is refused. */
export interface RefusalAnswer {
  readonly error: string;
  /** Whether the page shows its form of sign-in; `false` where the application decides. */
  readonly form?: boolean;
}

/** The state of all processes. */
export interface OverviewAnswer {
  readonly processes: readonly ProcessState[];
  /** The names of processes that did not answer. */
  readonly missing: readonly string[];
}

/** A page of clients. */
export interface ClientsAnswer {
  readonly rows: readonly ClientRow[];
  readonly total: number;
  /** Where the next page begins; `null` where this one is the last. */
  readonly next: ListPlace | null;
  readonly missing: readonly string[];
}

/** A page of rooms. */
export interface RoomsAnswer {
  readonly rows: readonly RoomRow[];
  readonly total: number;
  /** Whether the total may count a room once for each process. */
  readonly isBound: boolean;
  readonly missing: readonly string[];
}

/** All kinds of events, each with its numbers of all processes. */
export interface EventsAnswer {
  readonly events: readonly EventState[];
  readonly missing: readonly string[];
}

/** One client; `null` where no process has it. */
export interface FoundClient {
  readonly client: ClientDetails | null;
  readonly missing: readonly string[];
}

/** A command of the page. */
export type Command =
  | ({ readonly type: "emit"; readonly event: string; readonly values: readonly unknown[] } & ClientName)
  | ({ readonly type: "join" | "leave"; readonly room: string } & ClientName)
  | ({ readonly type: "disconnect"; readonly reason: string; readonly whole: boolean } & ClientName);
