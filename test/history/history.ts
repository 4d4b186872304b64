/**
 * The history of a trial, as the oracle reads it.
 * All times are in ms, on the clock of the watching process.
 */

/** The namespace with recovery, and the one without. */
export const namespaces = { kept: "/kept", plain: "/plain" } as const;

/** Among rooms, this entry means the whole namespace. */
export const everybody = "*";

/** The sender of an event, and the event's sequence number at that sender. */
export interface Origin {
  readonly publisher: string;
  readonly number: number;
}

/** An event that a client or process was asked to send. */
export interface Emission {
  /** A unique number. */
  readonly tag: number;
  readonly namespace: string;
  /** The target rooms; may include {@link everybody} or a sid. */
  readonly rooms: readonly string[];
  /** When the request was made. The event was not sent earlier. */
  readonly begin: number;
  /** When the sender reported that its `emit` returned; `null` without a report. */
  end: number | null;
  /** The origin that the sender reported then. */
  origin: Origin | null;
}

/** What a client saw or did, in order. */
export type Entry = { readonly at: number } & (
  | { readonly type: "connect"; readonly sid: string; readonly recovered: boolean }
  /** The server process that holds its connection. */
  | { readonly type: "place"; readonly process: string }
  | { readonly type: "disconnect"; readonly reason: string }
  /** It asks to join or to leave. */
  | { readonly type: "join" | "leave"; readonly room: string }
  /** The server has confirmed it. */
  | { readonly type: "joined" | "left"; readonly room: string }
  | ({ readonly type: "event"; readonly tag: number } & Origin)
);

/** A client with the log of its entries. */
export interface Account {
  readonly client: string;
  readonly namespace: string;
  readonly entries: readonly Entry[];
}

/** A period in which events between processes may be lost, because connections to a broker break. */
export interface Trouble {
  readonly from: number;
  readonly to: number;
}

/** The whole history. */
export interface History {
  readonly emissions: ReadonlyMap<number, Emission>;
  readonly accounts: readonly Account[];
  readonly troubles: readonly Trouble[];
  /**
   * For each process the periods in which it had given up the broker: it delivers its events without a place
   * in the order of a shared memory.
   */
  readonly detached: ReadonlyMap<string, readonly Trouble[]>;
  /** When each killed process was last able to do anything. */
  readonly ends: ReadonlyMap<string, number>;
  /** Whether all processes share one memory: clients recover on any process, and all see one order. */
  readonly isShared: boolean;
}
