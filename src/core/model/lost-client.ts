/** What the application is told of a client that will not come back. */

/** A client that will not come back. */
export interface LostClient {
  /** Its public id, which nobody has any more. */
  readonly sid: string;
  /** The namespace. */
  readonly namespace: string;
  /** The rooms that it was in, besides its own. */
  readonly rooms: readonly string[];
}
