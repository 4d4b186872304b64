/** The other processes of the application, as the admin interface sees them. */

/** Answers a question of another process with values. It must not throw. */
export type PeerAnswer = (...values: readonly unknown[]) => readonly unknown[] | Promise<readonly unknown[]>;

/** Messages between the admin interfaces of an application's processes. */
export interface AdminPeers {
  /** This process. */
  readonly node: string;
  /** Answers a question of other processes from now on. */
  answer(event: string, handler: PeerAnswer): void;
  /** Tells all other processes something. Nothing happens where there are none. */
  tell(event: string, values: readonly unknown[]): void;
  /**
   * Asks all other processes that serve clients. Resolves when all have answered or are given up, at once
   * where there are none.
   *
   * @param timeout - how long they may take, in ms
   * @param onAnswer - called with each answer; returns `true` where no other is needed
   */
  ask(
    event: string,
    values: readonly unknown[],
    timeout: number,
    onAnswer: (values: readonly unknown[]) => boolean,
  ): Promise<void>;
}
