/** What the processes of a soak tell each other. */

/** What the soak asks of the server. */
export type ToServer = { readonly type: "sample"; readonly collect: boolean };

/** What a server tells. */
export type FromServer =
  | { readonly type: "listening"; readonly port: number }
  | ({ readonly type: "sample" } & ServerSample);

/** How a server is at a moment. */
export interface ServerSample {
  /** In use after a collection of garbage, in bytes; `null` when none was made. */
  readonly heap: number | null;
  readonly rss: number;
  readonly connections: number;
  /** The delay of its event loop since the sample before, in ms. */
  readonly delay: { readonly p99: number; readonly max: number };
  /** Bytes that wait for clients: in all, and of the client that has the most. */
  readonly waiting: { readonly all: number; readonly most: number };
  /** How many connections ended for which reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** What went wrong and is the server's own fault. */
  readonly faults: readonly string[];
}

/** Who the clients are. All numbers are parts of the whole. */
export interface Population {
  readonly connections: number;
  readonly slowReaders: number;
  /** Of a hundred clients, how many come and go, are cut, and send garbage. */
  readonly churning: number;
  readonly cut: number;
  readonly garbage: number;
}

/** What the soak asks of the clients. */
export type ToClients =
  | { readonly type: "connect"; readonly port: number; readonly population: Population }
  /** Slow readers stop reading. */
  | { readonly type: "slow down" }
  /** Says nothing new, and tells the result when everything said should have come. */
  | { readonly type: "finish" }
  | { readonly type: "report" };

/** What the clients tell. */
export type FromClients = { readonly type: "connected" } | ({ readonly type: "report" } & ClientReport);

/** What the clients have seen since the report before, and since the beginning. */
export interface ClientReport {
  readonly connected: number;
  /** The time until an acknowledgement came, in ms, since the report before. */
  readonly latency: {
    readonly count: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Since the beginning. */
  readonly ledger: Ledger;
}

/** What was said and heard. */
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
  /** The first errors in words. */
  readonly errors: readonly string[];
}
