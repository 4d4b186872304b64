/** Messages between the processes of a soak. */

/** A request of the soak to the server. */
export type ToServer = { readonly type: "sample"; readonly collect: boolean };

/** A message of the server. */
export type FromServer =
  | { readonly type: "listening"; readonly port: number }
  | ({ readonly type: "sample" } & ServerSample);

/** The state of a server at one moment. */
export interface ServerSample {
  /** Used heap after garbage collection, in bytes; `null` without a collection. */
  readonly heap: number | null;
  readonly rss: number;
  readonly connections: number;
  /** The delay of its event loop since the last sample, in ms. */
  readonly delay: { readonly p99: number; readonly max: number };
  /** Bytes that wait for clients: in all, and for the client with the most. */
  readonly waiting: { readonly all: number; readonly most: number };
  /** How many connections ended for each reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Faults of the server itself. */
  readonly faults: readonly string[];
}

/** The clients of a soak. All numbers are parts of the whole. */
export interface Population {
  readonly connections: number;
  readonly slowReaders: number;
  /** Of a hundred clients, how many come and go, are cut, and send garbage. */
  readonly churning: number;
  readonly cut: number;
  readonly garbage: number;
}

/** A request of the soak to the clients. */
export type ToClients =
  | { readonly type: "connect"; readonly port: number; readonly population: Population }
  /** Slow readers stop reading. */
  | { readonly type: "slow down" }
  /** Stops sending, and reports the result when every message should have arrived. */
  | { readonly type: "finish" }
  | { readonly type: "report" };

/** A message of the clients. */
export type FromClients = { readonly type: "connected" } | ({ readonly type: "report" } & ClientReport);

/** The observations of the clients since the last report, and since the start. */
export interface ClientReport {
  readonly connected: number;
  /** The latency of acknowledgements since the last report, in ms. */
  readonly latency: {
    readonly count: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Since the start. */
  readonly ledger: Ledger;
}

/** Sent and received messages. */
export interface Ledger {
  readonly asked: number;
  readonly answered: number;
  readonly said: number;
  readonly heard: number;
  readonly ticks: number;
  readonly connects: number;
  readonly leaves: number;
  readonly cuts: number;
  readonly garbage: number;
  readonly slowEnds: number;
  readonly errorCount: number;
  /** The first errors as text. */
  readonly errors: readonly string[];
}
