/**
 * The option `cors` of socket.io, which is that of the package `cors`: the pages that may read the answers to
 * requests of long polling.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { SocketIOOptions } from "../../app/options/app-options.ts";

type StaticOrigin = boolean | string | RegExp | readonly (boolean | string | RegExp)[];

/** Decides about an origin; the answer may come later. */
export type OriginCallback = (
  origin: string | undefined,
  callback: (err: Error | null, origin?: StaticOrigin) => void,
) => void;

/** The members of the option. Methods and exposed headers play no part in long polling. */
export interface CorsMembers {
  origin?: StaticOrigin | OriginCallback | undefined;
  credentials?: boolean | undefined;
  allowedHeaders?: string | string[] | undefined;
  maxAge?: number | undefined;
  methods?: string | string[] | undefined;
  exposedHeaders?: string | string[] | undefined;
  preflightContinue?: boolean | undefined;
  optionsSuccessStatus?: number | undefined;
}

/** The option: its members, or a function that gives them for a request. */
export type CorsSetting =
  | CorsMembers
  | ((req: IncomingMessage, callback: (err: Error | null, options?: CorsMembers) => void) => void);

/** What was decided about the origin of one request. */
interface Decision {
  readonly isAllowed: boolean;
  readonly members: CorsMembers;
}

/** Decides about origins before the server does, since the program may take its time. */
export class CorsDecisions {
  readonly #setting: CorsSetting;
  readonly #report: (error: unknown) => void;
  /** By the header fields of their requests. */
  readonly #allowed = new WeakSet<object>();

  /**
   * @param setting - the option
   * @param report - told what the program's function throws, which then counts as a no
   */
  constructor(setting: CorsSetting, report: (error: unknown) => void) {
    this.#setting = setting;
    this.#report = report;
  }

  /** The option for the server: it asks for what was decided. */
  get option(): SocketIOOptions["cors"] {
    const setting = this.#setting;
    const credentials = typeof setting === "function" || setting.credentials === true;
    if (typeof setting !== "function" && (setting.origin ?? "*") === "*") return { origin: "*" };
    return { origin: (_origin, { headers }) => this.#allowed.has(headers), credentials };
  }

  /** Decides about a request, then goes on. */
  decide(request: IncomingMessage, proceed: () => void): void {
    const setting = this.#setting;
    if (typeof setting !== "function" && typeof setting.origin !== "function") {
      if (matches(setting.origin ?? "*", request.headers.origin)) this.#allowed.add(request.headers);
      proceed();
      return;
    }
    this.#decisionOf(request).then(
      ({ isAllowed }) => {
        if (isAllowed) this.#allowed.add(request.headers);
        proceed();
      },
      (error: unknown) => {
        this.#report(error);
        proceed();
      },
    );
  }

  /** Answers a preflight request. Without a list of its own, it allows the fields that the page asks for. */
  answerPreflight(request: IncomingMessage, response: ServerResponse): void {
    this.#decisionOf(request)
      .catch((error: unknown): Decision => {
        this.#report(error);
        return { isAllowed: false, members: {} };
      })
      .then(({ isAllowed, members }) => {
        const { origin } = request.headers;
        if (isAllowed && origin !== undefined) {
          const { credentials, allowedHeaders, maxAge, methods = "GET,HEAD,PUT,PATCH,POST,DELETE" } = members;
          response.setHeader(
            "Access-Control-Allow-Origin",
            credentials === true ? origin : this.#named(members, origin),
          );
          response.setHeader("Vary", "Origin, Access-Control-Request-Headers");
          if (credentials === true) response.setHeader("Access-Control-Allow-Credentials", "true");
          response.setHeader("Access-Control-Allow-Methods", [methods].flat().join(","));
          const asked = request.headers["access-control-request-headers"];
          const fields = allowedHeaders === undefined ? asked : [allowedHeaders].flat().join(",");
          if (fields !== undefined) response.setHeader("Access-Control-Allow-Headers", fields);
          if (maxAge !== undefined) response.setHeader("Access-Control-Max-Age", String(maxAge));
        }
        response.writeHead(204).end();
      })
      .catch((error: unknown) => this.#report(error));
  }

  #named({ origin = "*" }: CorsMembers, sent: string): string {
    return origin === "*" ? "*" : sent;
  }

  async #decisionOf(request: IncomingMessage): Promise<Decision> {
    const members = await this.#membersFor(request);
    const sent = request.headers.origin;
    const { origin = "*" } = members;
    const rule =
      typeof origin === "function" ? await ask<StaticOrigin>((done) => origin(sent, done)) : origin;
    return { isAllowed: rule !== undefined && matches(rule, sent), members };
  }

  async #membersFor(request: IncomingMessage): Promise<CorsMembers> {
    const setting = this.#setting;
    if (typeof setting !== "function") return setting;
    return (await ask<CorsMembers>((done) => setting(request, done))) ?? {};
  }
}

function ask<Value>(
  call: (done: (err: Error | null, value?: Value) => void) => void,
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}

function matches(rule: StaticOrigin, origin: string | undefined): boolean {
  if (typeof rule === "boolean") return rule;
  if (typeof rule === "string") return rule === "*" || rule === origin;
  if (rule instanceof RegExp) {
    rule.lastIndex = 0;
    return rule.test(origin ?? "");
  }
  return rule.some((part) => part !== "*" && matches(part, origin));
}
