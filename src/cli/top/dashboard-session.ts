/**
 * Asks a dashboard over HTTP, as its page does. It signs in when the server wants that, and again when the
 * sign-in has ended.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { printable } from "../../base/printable.ts";
import { describeAnswer, describeNetworkError } from "../../client/connect-failure.ts";
import { asNetworkError, type NetworkAnswer } from "../../client/network.ts";
import { NodeNetwork, type NodeRequest } from "../../client/node/node-network.ts";
import { pageField, type RefusalAnswer, type SessionAnswer } from "../../dashboard/api.ts";
import { type SocketServerKind, serverKindOf } from "../doctor/server-kind.ts";
import { CommandFailure, exitCodes } from "../exit-code.ts";
import { showDuration } from "../input/duration.ts";
import type { ServerTarget } from "../session/server-target.ts";
import type { DashboardLogin } from "./dashboard-login.ts";

/** Where a dashboard is when the URL does not say. */
const defaultPath = "/roomcast";
/** How long the first answer may take before it is asked which server that is, in ms. */
const patience = 1000;

/** An answer of the dashboard's own: data, or a refusal. */
type DashboardAnswer =
  | { readonly type: "data"; readonly value: unknown }
  | { readonly type: "refused"; readonly status: number; readonly refusal: RefusalAnswer };

/** What a session has. */
export interface DashboardSessionParts {
  readonly target: ServerTarget;
  /** Finds name and password, when the server asks for them. */
  readonly login: () => Promise<DashboardLogin>;
}

/** See the head of this file. */
export class DashboardSession {
  /** The address of the dashboard, for people. */
  readonly url: string;
  readonly #target: ServerTarget;
  readonly #network: NodeNetwork;
  readonly #path: string;
  readonly #findLogin: () => Promise<DashboardLogin>;
  #login: DashboardLogin | null = null;

  constructor({ target, login }: DashboardSessionParts) {
    const { address } = target;
    // The part of the URL that names a namespace for other commands is the dashboard's path here.
    this.#path = address.namespace === "/" ? defaultPath : address.namespace;
    this.url = `${address.origin}${this.#path}`;
    this.#target = target;
    this.#network = new NodeNetwork(target.network);
    this.#findLogin = login;
  }

  /**
   * Signs in where that is needed.
   *
   * @returns the name that was signed in with; `null` where the server needs none
   * @throws CommandFailure where there is no dashboard, or it refuses
   */
  async open(): Promise<string | null> {
    const asked = await this.#firstAnswer();
    const answer = asDashboardAnswer(asked);
    if (answer?.type === "data" && isSession(answer.value)) return answer.value.user;
    if (answer?.type !== "refused") throw await this.#noDashboard(asked);
    if (answer.status !== 401) throw this.#refusal(answer);
    if (answer.refusal.form !== true)
      throw new CommandFailure(
        exitCodes.refused,
        `${this.url} shows nothing to this client. Its application decides by the request: give a field such as -H "Cookie: …". Without any login, it shows itself to its own machine alone, as localhost.`,
        { status: answer.status },
      );
    this.#login = await this.#findLogin();
    return this.#signIn(this.#login);
  }

  /**
   * Asks for data.
   *
   * @throws CommandFailure where the server does not give it
   */
  async ask<Answer>(action: string): Promise<Answer> {
    let asked = await this.#send({ path: this.#pathOf(action) });
    if (asked.status === 401 && this.#login !== null) {
      await this.#signIn(this.#login);
      asked = await this.#send({ path: this.#pathOf(action) });
    }
    const answer = asDashboardAnswer(asked);
    if (answer?.type === "data") return answer.value as Answer;
    if (answer?.type === "refused") throw this.#refusal(answer);
    throw new CommandFailure(
      exitCodes.unreachable,
      `The dashboard does not answer: ${this.url} answered ${describeAnswer(asked)}.`,
      { status: asked.status },
    );
  }

  /** Ends the connections. */
  close(): void {
    this.#network.end();
  }

  /** Servers of Socket.IO without an application do not answer other requests at all. */
  async #firstAnswer(): Promise<NetworkAnswer> {
    const asked = this.#send({ path: this.#pathOf("session") });
    const settled = asked.then(
      () => true,
      () => true,
    );
    const isSettled = await Promise.race([settled, sleep(patience, false, { ref: false })]);
    const kind = isSettled ? "unknown" : await this.#kind();
    if (kind !== "unknown" && kind !== "Roomcast") throw foreignServer(kind, {});
    return asked;
  }

  async #signIn({ username, password }: DashboardLogin): Promise<string> {
    const asked = await this.#send({
      path: this.#pathOf("sign-in"),
      method: "POST",
      body: JSON.stringify({ username, password }),
      // As a browser says that page and request are of one origin.
      headers: {
        "content-type": "application/json",
        origin: this.#target.address.origin,
        "sec-fetch-site": "same-origin",
      },
    });
    const answer = asDashboardAnswer(asked);
    if (answer?.type === "data") return username;
    if (answer?.type === "refused") throw this.#refusal(answer);
    throw await this.#noDashboard(asked);
  }

  #refusal({ status, refusal }: Extract<DashboardAnswer, { type: "refused" }>): CommandFailure {
    return new CommandFailure(
      exitCodes.refused,
      `The dashboard at ${this.url} refused: ${printable(refusal.error)}`,
      { status },
    );
  }

  #pathOf(action: string): string {
    return `${this.#path}/api/${action}`;
  }

  async #send(request: NodeRequest & { path: string }): Promise<NetworkAnswer> {
    const { timeout, network } = this.#target;
    const late = AbortSignal.timeout(timeout);
    const cookies = [network.headers.cookie, this.#network.cookies.header].filter(Boolean).join("; ");
    const headers = {
      ...request.headers,
      [pageField]: "1",
      ...(cookies === "" ? {} : { cookie: cookies }),
    };
    try {
      return await this.#network.exchange({ ...request, headers }, late);
    } catch (error) {
      if (late.aborted)
        throw new CommandFailure(
          exitCodes.timedOut,
          `${this.url} did not answer within ${showDuration(timeout)}.`,
        );
      throw new CommandFailure(exitCodes.unreachable, describeNetworkError(asNetworkError(error)));
    }
  }

  /** Says what answers instead of a dashboard. */
  async #noDashboard(answer: NetworkAnswer): Promise<CommandFailure> {
    const kind = await this.#kind();
    const { status } = answer;
    if (kind === "Roomcast")
      return new CommandFailure(
        exitCodes.refused,
        `This server of Roomcast has no dashboard at ${this.#path}. Call socketio.dashboard({ auth: … }) there, or give its path in the URL.`,
        { status },
      );
    if (kind !== "unknown") return foreignServer(kind, { status });
    return new CommandFailure(
      exitCodes.unreachable,
      `There is no dashboard at ${this.url}: it answered ${describeAnswer(answer)}.`,
      { status },
    );
  }

  async #kind(): Promise<SocketServerKind> {
    const { path } = this.#target.network;
    const asks = [
      { EIO: "4", transport: "roomcast-top" },
      { EIO: "4", transport: "websocket" },
      { EIO: "99", transport: "polling" },
    ];
    const [strangeTransport, plainWebSocket, strangeRevision] = await Promise.all(
      asks.map((query) => this.#send({ path, query }).catch(() => undefined)),
    );
    return serverKindOf({ strangeTransport, plainWebSocket, strangeRevision });
  }
}

function foreignServer(kind: SocketServerKind, details: Readonly<Record<string, unknown>>): CommandFailure {
  return new CommandFailure(
    exitCodes.refused,
    `This is a server of ${kind}, which has no dashboard: \`top\` shows servers of Roomcast.`,
    details,
  );
}

/** An answer as the dashboard's; `null` for one of any other program. */
function asDashboardAnswer({ status, headers, body }: NetworkAnswer): DashboardAnswer | null {
  if (!/^application\/json\b/.test(String(headers["content-type"]))) return null;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  if (status === 200) return { type: "data", value };
  if (typeof value !== "object" || value === null || !("error" in value)) return null;
  return typeof value.error === "string"
    ? { type: "refused", status, refusal: value as RefusalAnswer }
    : null;
}

function isSession(value: unknown): value is SessionAnswer {
  return typeof value === "object" && value !== null && "user" in value && "readonly" in value;
}
