/**
 * A web site on a free loopback port, with the place where a socket server would stand: it takes handshakes
 * out of the stream of requests, as `GET` and as `upgrade`, and opens their HTTP sessions.
 */
import { createServer, get, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpSession, HttpSessions, SessionRequest } from "../../src/session/http-session.ts";

/** What a test brings: the application of some framework, and the sessions of some library in it. */
export interface Application {
  readonly listener: RequestListener;
  readonly sessions: HttpSessions;
}

/** An application whose sessions lie in a store. */
export interface StoringApplication extends Application {
  /** Makes every further access to the store fail with "the store burns". */
  breakStore(): void;
  /** How many sessions the store holds. */
  countSessions(): number;
}

/** How a handshake reaches the server. */
export type HandshakeKind = "polling" | "upgrade" | "in-process";

const headersOfUpgrade = { connection: "Upgrade", upgrade: "websocket" };

/** A running site. */
export class Site implements AsyncDisposable {
  readonly application: Application;
  readonly #server = createServer();
  readonly #handshakes = new Map<string, (opened: Promise<HttpSession>) => void>();

  private constructor(application: Application) {
    this.application = application;
    this.#server.on("request", (request, response) => {
      if (!this.#takeHandshake(request)) return application.listener(request, response);
      response.end();
    });
    this.#server.on("upgrade", (request, socket) => {
      this.#takeHandshake(request);
      socket.destroy();
    });
  }

  static async start(application: Application): Promise<Site> {
    const site = new Site(application);
    await new Promise<void>((resolve) => site.#server.listen(0, "127.0.0.1", resolve));
    return site;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sends a handshake and gives what `open` made of it. */
  async handshake(headers: Record<string, string>, kind: HandshakeKind): Promise<HttpSession> {
    const url = `/socket.io/?EIO=4&t=${this.#handshakes.size}`;
    if (kind === "in-process") {
      const lines = { host: "localhost", ...headers };
      return this.application.sessions.open({
        url,
        headers: lines,
        secure: false,
        address: "",
      });
    }
    const opened = new Promise<HttpSession>((resolve) => this.#handshakes.set(url, resolve));
    const all = kind === "upgrade" ? { ...headers, ...headersOfUpgrade } : headers;
    get(this.origin + url, { headers: all }, (response) => response.resume()).on("error", () => {});
    return opened;
  }

  #takeHandshake(request: IncomingMessage): boolean {
    const opened = this.#handshakes.get(request.url ?? "");
    opened?.(this.application.sessions.open(sessionRequest(request)));
    return opened !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A browser: it keeps the cookies that the site sets. */
export class Visitor {
  readonly #site: Site;
  readonly #headers: Record<string, string>;
  readonly cookies = new Map<string, string>();

  /** @param headers - what every request carries beside the cookies, as a proxy in between would add it */
  constructor(site: Site, headers: Record<string, string> = {}) {
    this.#site = site;
    this.#headers = headers;
  }

  async request(method: "GET" | "POST", path: string): Promise<Response> {
    const response = await fetch(this.#site.origin + path, { method, headers: this.#requestHeaders() });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "" || /max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** What the site sees of the visitor's session in an HTTP request. */
  async session(): Promise<unknown> {
    return (await this.request("GET", "/session")).json();
  }

  /** Opens the HTTP session as a socket server would. */
  async connect(kind: HandshakeKind = "upgrade"): Promise<HttpSession> {
    return this.#site.handshake(this.#requestHeaders(), kind);
  }

  /** Changes every cookie a little. */
  tamper(): void {
    for (const [name, value] of this.cookies) {
      const middle = Math.floor(value.length / 2);
      const changed = value[middle] === "A" ? "B" : "A";
      this.cookies.set(name, value.slice(0, middle) + changed + value.slice(middle + 1));
    }
  }

  #requestHeaders(): Record<string, string> {
    if (this.cookies.size === 0) return this.#headers;
    return { ...this.#headers, cookie: [...this.cookies].map((pair) => pair.join("=")).join("; ") };
  }
}

function sessionRequest(request: IncomingMessage): SessionRequest {
  return {
    url: request.url ?? "",
    headers: request.headers,
    secure: false,
    address: request.socket.remoteAddress ?? "",
  };
}
