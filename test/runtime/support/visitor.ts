/** A visitor of a site: handles cookies like a browser. */

/** Keeps the cookies that a site sets, and sends them back. */
export class Visitor {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  /** The `Cookie` header of a request; empty without cookies. */
  get headers(): Record<string, string> {
    if (this.#cookies.size === 0) return {};
    return { cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") };
  }

  /** Sends a request, and expects success. */
  async post(path: string): Promise<void> {
    const response = await this.#fetch(path, "POST");
    if (!response.ok) throw new Error(`POST ${path}: ${response.status}`);
  }

  /** The session data that the site sees in an HTTP request of the visitor. */
  async session(): Promise<unknown> {
    return (await this.#fetch("/session", "GET")).json();
  }

  async #fetch(path: string, method: string): Promise<Response> {
    const response = await fetch(this.#url + path, { method, headers: this.headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "" || /max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }
}
