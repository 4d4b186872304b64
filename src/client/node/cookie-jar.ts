/**
 * The cookies of one server, by which a load balancer knows a client again. They are kept for the one
 * connection, so their dates, paths and domains do not matter.
 */

/** Cookies by name. */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** Takes the fields `Set-Cookie` of an answer. */
  take(fields: readonly string[] | undefined): void {
    for (const field of fields ?? []) {
      const [pair = ""] = field.split(";", 1);
      const equals = pair.indexOf("=");
      if (equals > 0) this.#cookies.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
    }
  }

  /** The field `Cookie` of a request; empty where there is none. */
  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}
