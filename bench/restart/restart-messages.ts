/** What the processes of a restart say to each other. */

/** One attempt of a client to connect. */
export interface Attempt {
  readonly client: number;
  /** By the clock of the day, in ms. */
  readonly at: number;
  /** How long the client was to wait before it, in ms; `null` for its first one. */
  readonly wait: number | null;
  readonly waited: number | null;
  /** How many attempts of the same client were under way. */
  readonly others: number;
}

/** To the clients: connect, or tell how it goes. */
export type ToClients =
  | { readonly type: "connect"; readonly count: number; readonly port: number }
  | { readonly type: "report" };

/** From the clients, after each message. */
export interface FromClients {
  readonly connected: number;
  readonly attempts: readonly Attempt[];
}
