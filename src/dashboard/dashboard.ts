/**
 * The dashboard: a page, and the requests that the page makes. Everything about the server is behind the
 * door; the files of the page are not, since they are the same for every server.
 */

import { RoomcastError } from "../base/errors.ts";
import { quoted } from "../base/printable.ts";
import type { EngineRequest, HttpExchange, HttpResponse } from "../engine/ports.ts";
import { ServedFolder } from "../files/served-folder.ts";
import { Door, type DoorSettings, type Visitor } from "./access/door.ts";
import { requestFault } from "./access/request-guard.ts";
import type { Command, Question, RefusalAnswer, SessionAnswer } from "./api.ts";
import { carryOut, describeCommand } from "./commands.ts";
import { ClusterView } from "./data/cluster-view.ts";
import { ProcessView } from "./data/process-view.ts";
import type { DashboardHost } from "./host.ts";
import { PageFiles, pageFields } from "./page-files.ts";
import {
  badRequest,
  clientName,
  clientQuery,
  commandOf,
  credentialsOf,
  roomQuery,
  tailStart,
} from "./queries.ts";

/** The resolved options of a dashboard. */
export interface DashboardSettings extends DoorSettings {
  /** Begins with a slash and ends without one. */
  readonly path: string;
  readonly readonly: boolean;
  readonly payloads: boolean;
}

/** The most bytes of a request's content. */
const maxBody = 256 * 1024;
/** How long a request for what happens to a client waits, in ms: less than proxies wait. */
const tailWait = 8000;

/** See the head of this file. */
export class Dashboard {
  readonly #settings: DashboardSettings;
  readonly #host: DashboardHost;
  readonly #door: Door;
  readonly #own: ProcessView;
  readonly #cluster: ClusterView;
  readonly #files: ServedFolder;
  /** Where requests for data begin. */
  readonly #dataPath: string;

  private constructor(settings: DashboardSettings, host: DashboardHost, door: Door) {
    this.#settings = settings;
    this.#host = host;
    this.#door = door;
    this.#own = new ProcessView(host, settings.payloads);
    this.#cluster = new ClusterView(host, this.#own);
    const files = new PageFiles();
    this.#files = new ServedFolder(
      `${settings.path}/`,
      (name) => files.find(name),
      (err) => host.logger.error("The dashboard failed", { type: "dashboard failed", err }),
    );
    this.#dataPath = `${settings.path}/api/`;
  }

  /**
   * Makes a dashboard.
   *
   * @throws {@link RoomcastError} `ERR_MISSING_PACKAGE` where the password is a hash that needs one
   */
  static async open(settings: DashboardSettings, host: DashboardHost): Promise<Dashboard> {
    return new Dashboard(settings, host, await Door.open(settings, host.clock, host.logger));
  }

  /** Answers a request for the dashboard's path, or one below. */
  serve(request: EngineRequest, exchange: HttpExchange): void {
    if (!request.path.startsWith(this.#dataPath)) {
      this.#files.serve(request, exchange);
      return;
    }
    this.#answer(request, exchange)
      .catch((error: unknown) => this.#faultAnswer(error))
      .then((answer) => exchange.respond(answer));
  }

  /** Answers a question of another process. */
  async onQuestion(question: Question): Promise<unknown> {
    if (question.type !== "signed out") return this.#own.answer(question);
    this.#door.end(question.session, question.until);
    return null;
  }

  /** Watches nothing any more. */
  close(): void {
    this.#own.close();
  }

  async #answer(request: EngineRequest, exchange: HttpExchange): Promise<HttpResponse> {
    const fault = requestFault(request);
    if (fault !== null) return refusal(403, { error: fault });
    const action = request.path.slice(this.#dataPath.length);
    if (action === "sign-in" && request.method === "POST") return this.#signIn(request, exchange);
    const visitor = await this.#door.visitorOf(request);
    if (visitor === null) {
      const error = this.#door.hasForm ? "Sign in first." : "Nothing is shown to you here.";
      return refusal(401, { error, form: this.#door.hasForm });
    }
    return request.method === "GET"
      ? this.#read(action, request, visitor)
      : this.#write(action, { request, exchange, visitor });
  }

  async #signIn(request: EngineRequest, exchange: HttpExchange): Promise<HttpResponse> {
    const { username, password } = credentialsOf(await bodyOf(exchange));
    const result = await this.#door.signIn(request, username, password);
    switch (result.type) {
      case "wrong":
        return refusal(401, { error: "The name or the password is wrong.", form: this.#door.hasForm });
      case "too many":
        return refusal(
          429,
          { error: "Too many attempts. Try again in a minute.", form: true },
          { "retry-after": "60" },
        );
      default:
        return data(this.#sessionOf(result.visitor), { "set-cookie": result.cookie });
    }
  }

  async #read(action: string, { query }: EngineRequest, visitor: Visitor): Promise<HttpResponse> {
    switch (action) {
      case "session":
        return data(this.#sessionOf(visitor));
      case "overview":
        return data(await this.#cluster.overview());
      case "clients":
        return data(await this.#cluster.clients(clientQuery(query)));
      case "rooms":
        return data(await this.#cluster.rooms(roomQuery(query)));
      case "events":
        return data(await this.#cluster.events());
      case "client":
        return data(await this.#cluster.client(clientName(query)));
      case "tail":
        return data(await this.#cluster.tail(clientName(query), tailStart(query), tailWait));
      default:
        return refusal(404, { error: "There is nothing of this name." });
    }
  }

  async #write(
    action: string,
    {
      request,
      exchange,
      visitor,
    }: { readonly request: EngineRequest; readonly exchange: HttpExchange; readonly visitor: Visitor },
  ): Promise<HttpResponse> {
    switch (action) {
      case "sign-out":
        if (visitor.signedIn !== null) {
          const { id, until } = visitor.signedIn;
          this.#door.end(id, until);
          this.#host.tell({ type: "signed out", session: id, until } satisfies Question);
        }
        return data({}, { "set-cookie": this.#door.farewell(request) });
      case "command": {
        if (this.#settings.readonly) return refusal(403, { error: "The dashboard is read-only." });
        const command = commandOf(await bodyOf(exchange));
        if (!(await carryOut(this.#host.hub, command)))
          return refusal(404, { error: "The client has left." });
        this.#logCommand(command, visitor, request.address);
        return data({});
      }
      default:
        return refusal(404, { error: "There is nothing of this name." });
    }
  }

  /** Says which person commanded what. Never what an event holds. */
  #logCommand(command: Command, { user }: Visitor, address: string): void {
    const { type: action, namespace, sid } = command;
    const name = user === null ? `A person at ${address}` : quoted(user);
    this.#host.logger.info(`The dashboard: ${name} ${describeCommand(command)}.`, {
      type: "dashboard command",
      ...{ action, user, address, namespace, sid },
      ...("event" in command ? { event: command.event } : {}),
      ...("room" in command ? { room: command.room } : {}),
    });
  }

  #sessionOf({ user }: Visitor): SessionAnswer {
    const { readonly, payloads } = this.#settings;
    return { user, readonly, payloads };
  }

  #faultAnswer(error: unknown): HttpResponse {
    if (error instanceof RoomcastError && error.code !== "ERR_STATE")
      return refusal(400, { error: error.message });
    this.#host.logger.error("The dashboard could not answer", { type: "dashboard failed", err: error });
    return refusal(500, { error: "The server failed to answer. Its log says why." });
  }
}

async function bodyOf(exchange: HttpExchange): Promise<unknown> {
  const bytes = await exchange.readBody(maxBody).catch(() => {
    // The peer is gone. It is no fault of the server's, and nothing for the log.
    throw badRequest("the content is not complete");
  });
  if (bytes === undefined) throw badRequest(`the content must have at most ${maxBody} bytes`);
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as unknown;
  } catch {
    throw badRequest("the content must be JSON");
  }
}

function data(value: unknown, headers: Record<string, string> = {}): HttpResponse {
  return answer(200, value, headers);
}

function refusal(status: number, value: RefusalAnswer, headers: Record<string, string> = {}): HttpResponse {
  return answer(status, value, headers);
}

function answer(status: number, value: unknown, headers: Record<string, string>): HttpResponse {
  return {
    status,
    headers: {
      ...pageFields,
      "content-type": "application/json; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      ...headers,
    },
    body: JSON.stringify(value),
  };
}
