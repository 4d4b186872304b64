/** Puts the dashboard beside the application. Its code is loaded at the first request for it. */

import { generateId } from "../../base/id.ts";
import type { Log } from "../../base/log/log.ts";
import type { DashboardAuth } from "../../dashboard/access/door.ts";
import { bcryptForm, bcryptPackages, missingBcrypt } from "../../dashboard/access/password-hash.ts";
import type { Question } from "../../dashboard/api.ts";
import type { Dashboard, DashboardSettings } from "../../dashboard/dashboard.ts";
import type { DashboardHost, ProcessReplies } from "../../dashboard/host.ts";
import type { EngineRequest, HttpExchange } from "../../engine/ports.ts";
import { httpErrorResponse, httpErrors } from "../../engine/request/http-error.ts";
import { installedPackage } from "../../files/installed-package.ts";
import { workerSecretVariable } from "../cluster/worker-process.ts";
import type { settleDashboard } from "../options/dashboard-options.ts";
import type { Site } from "../serve/sites.ts";
import type { ServerAnswer, ServerAnswers } from "../servers.ts";

/** The event between processes with which dashboards ask each other. */
export const dashboardEvent = "roomcast:dashboard";

/** The events of Roomcast's own between processes. */
export interface OwnEvents {
  onOwn(event: string, handler: (...values: readonly unknown[]) => unknown): void;
  askOwn(
    event: string,
    values: readonly unknown[],
    timeout: number,
    isEnough?: (answer: ServerAnswer) => boolean,
  ): Promise<ServerAnswers> | null;
  tellOwn(event: string, values: readonly unknown[]): void;
}

/** What the site needs of its server. */
export interface DashboardSiteOwner {
  /** Everything that the dashboard needs but the other processes. */
  readonly host: Omit<DashboardHost, "ask" | "tell">;
  readonly servers: OwnEvents;
  /** The secrets that the processes share; empty for none. */
  readonly queueSecrets: readonly string[];
  /** Whether other processes may answer requests of the same page. */
  readonly hasQueue: boolean;
}

/** See the head of this file. */
export class DashboardSite implements Site {
  readonly #settings: DashboardSettings;
  readonly #owner: DashboardSiteOwner;
  #loading: Promise<Dashboard> | null = null;

  /**
   * @param settings - the resolved options
   * @param owner - the server
   * @throws {@link RoomcastError} `ERR_MISSING_PACKAGE` where the password is a hash that needs one
   */
  constructor(settings: ReturnType<typeof settleDashboard>, owner: DashboardSiteOwner) {
    requireBcrypt(settings.auth);
    this.#settings = { ...settings, secret: signingSecret(settings, owner) };
    this.#owner = owner;
    warnOf(settings, owner, owner.host.logger);
    owner.servers.onOwn(dashboardEvent, async (question) =>
      (await this.#load()).onQuestion(question as Question),
    );
  }

  get path(): string {
    return this.#settings.path;
  }

  owns(path: string): boolean {
    const own = this.#settings.path;
    return path.startsWith(own) && (path.length === own.length || path[own.length] === "/");
  }

  serve(request: EngineRequest, exchange: HttpExchange): void {
    this.#load().then(
      (dashboard) => dashboard.serve(request, exchange),
      (error: unknown) => {
        this.#owner.host.logger.error("The dashboard cannot be served", {
          type: "dashboard failed",
          err: error,
        });
        exchange.respond(httpErrorResponse(httpErrors.serverError));
      },
    );
  }

  close(): void {
    this.#loading?.then(
      (dashboard) => dashboard.close(),
      () => {},
    );
  }

  #load(): Promise<Dashboard> {
    if (this.#loading === null) {
      this.#loading = this.#open();
      // The next request tries again: a package may be there by then.
      this.#loading.catch(() => {
        this.#loading = null;
      });
    }
    return this.#loading;
  }

  async #open(): Promise<Dashboard> {
    const { host, servers } = this.#owner;
    const { Dashboard } = await import("../../dashboard/dashboard.ts");
    return Dashboard.open(this.#settings, {
      hub: host.hub,
      logger: host.logger,
      clock: host.clock,
      label: host.label,
      isReady: () => host.isReady(),
      handshakes: () => host.handshakes(),
      counters: () => host.counters(),
      metrics: () => host.metrics(),
      queue: () => host.queue(),
      ask: (question, timeout, wantsOne) => {
        const isEnough = ({ value }: ServerAnswer) => wantsOne && value != null;
        const asked = servers.askOwn(dashboardEvent, [question], timeout, isEnough);
        return asked === null ? null : asked.then(repliesOf);
      },
      tell: (message) => servers.tellOwn(dashboardEvent, [message]),
    });
  }
}

function repliesOf(answers: ServerAnswers): ProcessReplies {
  const replies = answers.map(({ server, value, error }) =>
    error === undefined ? { label: server, value } : { label: server, problem: error.message },
  );
  return { replies, missing: answers.missing };
}

/**
 * What all processes of the application know, and no other program. It changes with the name and the
 * password, whatever else is shared: a sign-in with the old ones must not last.
 */
function signingSecret(
  { auth, secret }: ReturnType<typeof settleDashboard>,
  { queueSecrets: [queueSecret] }: DashboardSiteOwner,
): string {
  const { username = null, password = null } = typeof auth === "object" ? auth : {};
  const known = typeof password === "string" ? password : null;
  // A password that the processes share is enough.
  const shared = secret ?? queueSecret ?? (known === null ? ownSecret() : null);
  return JSON.stringify([shared, username, known]);
}

/** The dashboard's code is loaded later. That a package is missing is told when the program starts. */
function requireBcrypt(auth: DashboardAuth): void {
  const password = typeof auth === "object" ? auth.password : null;
  if (typeof password !== "string" || !bcryptForm.test(password)) return;
  if (bcryptPackages.every((name) => installedPackage(name) === undefined)) throw missingBcrypt();
}

function ownSecret(): string {
  return process.env[workerSecretVariable] ?? generateId() + generateId();
}

function warnOf(
  { auth, path, secret }: ReturnType<typeof settleDashboard>,
  owner: DashboardSiteOwner,
  logger: Log,
) {
  if (auth === false) {
    logger.warn(
      `The dashboard at ${path} asks for no sign-in (auth: false). It answers requests of this machine alone: never let a proxy lead to it.`,
      { type: "dashboard without login", path },
    );
  }
  const isChecked = typeof auth === "object" && typeof auth.password === "function";
  if (isChecked && secret === null && owner.hasQueue && owner.queueSecrets.length === 0) {
    logger.warn(
      "A sign-in to the dashboard holds in the process that took it, and in no other: give dashboard() the option secret, or the server the option queueSecret.",
      { type: "dashboard logins not shared" },
    );
  }
}
