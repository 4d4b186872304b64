/** Makes the requests of the dashboard's page, as a browser would. */

import { pageField } from "../../src/dashboard/api.ts";

/** The name and password of tests. */
export const opsAuth = { username: "ops", password: "correct horse" };

/** An answer with its content read. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asks for
  readonly body: any;
}

/** A page of one browser: it keeps its cookie. */
export class DashboardPage {
  cookie = "";
  readonly #base: string;

  /** @param base - the address of the dashboard, without a slash at the end */
  constructor(base: string) {
    this.#base = base;
  }

  /** Asks for data. */
  get(action: string, headers: Record<string, string> = {}): Promise<PageAnswer> {
    return this.#fetch(action, { headers: { ...this.#fields(), ...headers } });
  }

  /** Sends data. */
  post(action: string, body: unknown, headers: Record<string, string> = {}): Promise<PageAnswer> {
    const { origin } = new URL(this.#base);
    const fields = { ...this.#fields(), "content-type": "application/json", origin, ...headers };
    return this.#fetch(action, { method: "POST", headers: fields, body: JSON.stringify(body) });
  }

  /** Signs in. */
  async signIn({ username, password } = opsAuth): Promise<PageAnswer> {
    const answer = await this.post("sign-in", { username, password });
    const [cookie] = answer.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(";", 1)[0] ?? "";
    return answer;
  }

  #fields(): Record<string, string> {
    return { [pageField]: "1", cookie: this.cookie };
  }

  async #fetch(action: string, init: RequestInit): Promise<PageAnswer> {
    const answer = await fetch(`${this.#base}/api/${action}`, init);
    const text = await answer.text();
    const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  }
}
