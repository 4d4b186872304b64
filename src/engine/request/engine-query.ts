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

/** The parameters with a meaning, as they are read one after the other. */
interface Parameters {
  EIO: string | null;
  transport: string | null;
  sid: string | null;
  j: string | null;
  b64: string | null;
}

/**
 * Reads the parameters of Engine.IO. Clients come with each poll, so the query is read without an object for
 * all of its parameters.
 *
 * @param url - path and query as sent
 */
export function engineQuery(url: string): EngineQuery {
  const mark = url.indexOf("?");
  const query = mark === -1 ? "" : url.slice(mark + 1);
  const parameters: Parameters = { EIO: null, transport: null, sid: null, j: null, b64: null };
  // Clients escape nothing here.
  if (/[%+]|^\?/.test(query)) readForm(query, parameters);
  else readPlain(query, parameters);
  return {
    version: parameters.EIO,
    transport: parameters.transport,
    id: parameters.sid,
    isJsonp: parameters.j !== null,
    isTextOnly: (parameters.b64 ?? "") !== "",
  };
}

function readForm(query: string, parameters: Parameters): void {
  const all = new URLSearchParams(query);
  for (const name of ["EIO", "transport", "sid", "j", "b64"] as const) parameters[name] = all.get(name);
}

/** Reads a query in which no character is escaped. Of several parameters of one name, the first counts. */
function readPlain(query: string, parameters: Parameters): void {
  for (let start = 0; start < query.length; ) {
    const found = query.indexOf("&", start);
    const end = found === -1 ? query.length : found;
    const equals = query.indexOf("=", start);
    const nameEnd = equals === -1 || equals > end ? end : equals;
    switch (query.slice(start, nameEnd)) {
      case "EIO":
        parameters.EIO ??= query.slice(nameEnd + 1, end);
        break;
      case "transport":
        parameters.transport ??= query.slice(nameEnd + 1, end);
        break;
      case "sid":
        parameters.sid ??= query.slice(nameEnd + 1, end);
        break;
      case "j":
        parameters.j ??= "";
        break;
      case "b64":
        parameters.b64 ??= query.slice(nameEnd + 1, end);
        break;
    }
    start = end + 1;
  }
}
