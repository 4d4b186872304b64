/** Describes a client that will not return, for the application. */

/** A client that will not return. */
export interface LostClient {
  /** The sid, which no client has any more. */
  readonly sid: string;
  /** The namespace. */
  readonly namespace: string;
  /** The rooms of the client, besides its own. */
  readonly rooms: readonly string[];
}
