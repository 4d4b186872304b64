/** What happened in a trial, as the oracle reads it. All times are of one clock, that of the process that watches; in ms. */

/** The namespace whose clients may come back, and the one without recovery. */
export const namespaces = { kept: "/kept", plain: "/plain" } as const;

/** Stands among rooms for everybody in the namespace. */
export const everybody = "*";

/** Who sent an event, and the how manieth of that sender it is. */
export interface Origin {
  readonly publisher: string;
  readonly number: number;
}

/** An event that somebody was asked to send. */
export interface Emission {
  /** What tells it from all others. */
  readonly tag: number;
  readonly namespace: string;
  /** The rooms that it is for, {@link everybody} or a sid among them. */
  readonly rooms: readonly string[];
  /** When it was asked for: it was not sent before. */
  readonly begin: number;
  /** When the sender said that its call of `emit` had returned; `null` where it never said so. */
  end: number | null;
  /** What the sender said of it then. */
  origin: Origin | null;
}

/** What a client saw or did, in this order. */
export type Entry = { readonly at: number } & (
  | { readonly type: "connect"; readonly sid: string; readonly recovered: boolean }
  /** Which server process it is at. */
  | { readonly type: "place"; readonly process: string }
  | { readonly type: "disconnect"; readonly reason: string }
  /** It asks to join, or to leave. */
  | { readonly type: "join" | "leave"; readonly room: string }
  /** The server has said that it is done. */
  | { readonly type: "joined" | "left"; readonly room: string }
  | ({ readonly type: "event"; readonly tag: number } & Origin)
);

/** A client that keeps book. */
export interface Account {
  readonly client: string;
  readonly namespace: string;
  readonly entries: readonly Entry[];
}

/** A time in which events between processes may be lost: a broker's connections break. */
export interface Trouble {
  readonly from: number;
  readonly to: number;
}

/** Everything. */
export interface History {
  readonly emissions: ReadonlyMap<number, Emission>;
  readonly accounts: readonly Account[];
  readonly troubles: readonly Trouble[];
  /** When processes that were killed had last been able to do anything. */
  readonly ends: ReadonlyMap<string, number>;
  /** Whether all processes share what they remember, so that clients come back to any, and all see one order. */
  readonly isShared: boolean;
}
