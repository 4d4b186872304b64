/** The events of the poll, for the server and the page. */

export type Results = Record<string, number>;

export interface ClientToServerEvents {
  vote(option: string, acknowledge: (isCounted: boolean) => void): void;
}

export interface ServerToClientEvents {
  results(results: Results): void;
}
