/**
 * The port to the HTTP session that a web framework keeps: what a handshake tells, and what a library must
 * offer. One file beside this one implements it for each library; this one knows none of them.
 */

/** What a handshake tells about its request. */
export interface SessionRequest {
  /** Path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whether the request came over TLS. */
  readonly secure: boolean;
  /** The peer's network address. */
  readonly address: string;
}

/** Finds the HTTP session that belongs to a request: one implementation per library. */
export interface HttpSessions {
  /** The library's name for error messages, for example `"express-session"`. */
  readonly name: string;
  /** Whether `write` works: `false` where the data lives in the cookie itself, which a socket cannot set. */
  readonly writable: boolean;
  /**
   * Finds the session whose cookie came with the request. A visitor without one, or with a forged cookie,
   * gets a session that reads as `{}` and refuses to be written.
   *
   * @throws RoomcastError `ERR_SESSION` if the library or its store fails, `ERR_MISSING_PACKAGE` if the
   *   library is not installed
   */
  open(request: SessionRequest): Promise<HttpSession>;
}

/**
 * One visitor's HTTP session: the one that the handshake's cookie names, as long as the connection lives. A
 * session that is begun or renamed later (a login that regenerates the id) belongs to the next connection.
 */
export interface HttpSession {
  /**
   * Reads the data afresh from where the library keeps it; the returned plain object belongs to the caller.
   * Bookkeeping of the library (such as `cookie`) is not in it. An absent or ended session reads as `{}`.
   *
   * @throws RoomcastError `ERR_SESSION` if the store fails
   */
  read(): Promise<Record<string, unknown>>;
  /**
   * Applies changed and removed top-level keys to the freshest stored data, and saves; concurrent writers of
   * other keys lose nothing that way (as far as the store allows: none of the libraries can lock a session,
   * so a request of another process or of the web application that loaded it earlier and saves it later still
   * wins).
   *
   * @throws RoomcastError `ERR_SESSION` if the session is absent or has ended, if it is not writable, if a
   *   key is the library's own, or if the store fails
   */
  write(changed: Readonly<Record<string, unknown>>, removed: readonly string[]): Promise<void>;
}
