/** The parameters of a request's URL that Engine.IO gives a meaning to. */

/** What a request says in its URL. A parameter that is missing is `null`. */
export interface EngineQuery {
  /** The version of the protocol (`EIO`). */
  readonly version: string | null;
  /** What the request is made with (`transport`). */
  readonly transport: string | null;
  /** The id of the connection that the request belongs to (`sid`). */
  readonly id: string | null;
  /** Whether the answer has to be a script (`j`). */
  readonly isJsonp: boolean;
  /** Whether the client takes no binary frames or bodies (`b64`). */
  readonly isTextOnly: boolean;
}

/**
 * Reads the parameters of Engine.IO.
 *
 * @param parameters - all that the URL has
 */
export function engineQuery(parameters: URLSearchParams): EngineQuery {
  return {
    version: parameters.get("EIO"),
    transport: parameters.get("transport"),
    id: parameters.get("sid"),
    isJsonp: parameters.has("j"),
    isTextOnly: (parameters.get("b64") ?? "") !== "",
  };
}
