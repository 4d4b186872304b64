/** Adds Socket.IO's admin interface to a server. Its code is loaded when it is asked for. */

import type { Admin } from "../../admin/admin.ts";
import type { AdminPeers } from "../../admin/admin-peers.ts";
import {
  type InstrumentConfig,
  type InstrumentOptions,
  settleInstrument,
} from "../../admin/instrument-options.ts";
import { processLabel } from "../../backplane/cluster/process-label.ts";
import type { OtherServers } from "../../backplane/cluster/server-event.ts";
import { RoomcastError } from "../../base/errors.ts";
import type { Log } from "../../base/log/log.ts";
import type { Clock } from "../../base/time/clock.ts";
import { runOutsideContext } from "../../context/handler-context.ts";
import { args } from "../../contract/arguments.ts";
import type { Hub } from "../../core/hub.ts";
import type { Answer, NamespaceHandlers, Refusal } from "../../core/namespace/open-namespace.ts";
import type { Socket } from "../../core/socket/socket.ts";
import type { Engine } from "../../engine/engine.ts";
import { installedPackage } from "../../files/installed-package.ts";
import { ServedFolder } from "../../files/served-folder.ts";
import { isWorker } from "../cluster/worker-process.ts";
import type { NamespaceFactory } from "../handlers/namespace-factory.ts";
import type { AppOptions } from "../options/app-options.ts";
import type { Servers } from "../servers.ts";
import type { HttpHost } from "./http-host.ts";
import type { ServerLifecycle } from "./server-lifecycle.ts";

/** The parts of a server that its admin interface concerns. */
export interface InstrumentedServer {
  readonly options: AppOptions;
  readonly hub: Hub;
  readonly engine: Engine;
  readonly namespaces: NamespaceFactory;
  readonly host: HttpHost;
  readonly servers: Pick<Servers<never>, "onOwn" | "hasOwn">;
  /** The other processes; `null` where there are none. */
  others(): OtherServers | null;
  readonly lifecycle: ServerLifecycle;
  readonly logger: Log;
  readonly clock: Clock;
}

const pagesPackage = "@socket.io/admin-ui";
const marker = "roomcast:admin";

/**
 * Adds the admin interface.
 *
 * @param given - the options of `instrument()`
 * @param server - the server
 * @throws {@link RoomcastError} as `SocketIO.instrument()` does
 */
export function instrument(given: InstrumentOptions, server: InstrumentedServer): void {
  const config = settleInstrument(given);
  if (server.servers.hasOwn(marker))
    throw new RoomcastError("ERR_STATE", "instrument() was called twice: a server has one admin interface.");
  if (config.uiPath !== null) server.host.requireFreePath(config.uiPath, 'option "serveUi" of instrument()');
  const folder = config.uiPath === null ? undefined : installedPackage(pagesPackage);
  if (config.uiPath !== null && folder === undefined) {
    throw new RoomcastError(
      "ERR_MISSING_PACKAGE",
      `serveUi serves the pages of the package "${pagesPackage}", which is not installed: npm install ${pagesPackage}`,
    );
  }
  // What it does later does not belong to a handler that may have called this.
  const admin = runOutsideContext(() => load(config, server));
  server.namespaces.reserve(config.namespace, "instrument()", new AdminNamespace(admin, server.logger));
  server.servers.onOwn(marker, () => {});
  if (config.auth === null) {
    server.logger.warn(
      "The admin interface has no login (auth: false): everyone that reaches this server sees its clients" +
        (config.readonly ? "." : ", and may disconnect them."),
      { type: "admin not protected" },
    );
  }
  const prepared = admin.then((loaded) => loaded.prepare());
  server.lifecycle.prepare(prepared);
  prepared.catch((error: unknown) => {
    // Otherwise run() tells its caller.
    if (server.lifecycle.state === "idle")
      server.logger.error("No one can log in to the admin interface", { type: "admin failed", err: error });
  });
  if (config.uiPath !== null && folder !== undefined) servePages(config.uiPath, folder, config, server);
}

async function load(config: InstrumentConfig, server: InstrumentedServer): Promise<Admin> {
  const { hub, engine, logger, clock } = server;
  const { Admin } = await import("../../admin/admin.ts");
  const { serverId } = config;
  return new Admin(config, {
    hub,
    connections: engine.connections,
    peers: peersOf(server),
    logger,
    clock,
    isServing: () => server.host.isServing,
    // Several workers run the same program with the same options.
    serverId: serverId === null ? processLabel() : isWorker() ? `${serverId}:${process.pid}` : serverId,
  });
}

function servePages(
  path: string,
  folder: string,
  { namespace }: InstrumentConfig,
  { options, host, logger }: InstrumentedServer,
): void {
  const enginePath = options.path;
  const parser = options.parser === "msgpack" ? "msgpack" : "default";
  const pages = import("../../admin/admin-pages.ts").then(
    ({ AdminPages }) => new AdminPages({ folder, path, enginePath, namespace, parser }),
  );
  const report = (error: unknown) =>
    logger.error("A page of the admin interface could not be served", { type: "admin failed", err: error });
  pages.catch(report);
  host.addSite(new ServedFolder(path, async (name) => (await pages).find(name), report));
}

/** The namespace of the interface, whose handlers may not be loaded yet. */
class AdminNamespace implements NamespaceHandlers {
  readonly #loading: Promise<Admin>;
  readonly #logger: Log;
  #admin: Admin | null = null;

  constructor(loading: Promise<Admin>, logger: Log) {
    this.#loading = loading;
    this.#logger = logger;
  }

  connect(socket: Socket, decide: (refusal?: Refusal) => void): void {
    if (this.#admin !== null) {
      this.#admin.connect(socket, decide);
      return;
    }
    this.#loading
      .then((admin) => {
        this.#admin = admin;
        admin.connect(socket, decide);
      })
      .catch((error: unknown) => {
        this.#logger.error("The admin interface could not be loaded", { type: "admin failed", err: error });
        decide({ message: "invalid credentials" });
      });
  }

  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void {
    this.#admin?.event(socket, event, values, answer);
  }

  disconnect(socket: Socket): void {
    this.#admin?.disconnect(socket);
  }
}

function peersOf({ servers, others, logger }: InstrumentedServer): AdminPeers {
  return {
    node: others()?.node ?? processLabel(),
    answer: (event, handler) =>
      servers.onOwn(event, async (...values) => args(...(await handler(...values)))),
    tell(event, values) {
      try {
        others()?.tellServers(event, values);
      } catch (error) {
        logger.error("The admin interfaces of other processes could not be told something", {
          type: "admin failed",
          err: error,
        });
      }
    },
    ask(event, values, timeout, onAnswer) {
      const servers = others();
      if (servers === null) return Promise.resolve();
      return new Promise((resolve) => {
        servers.askServers(event, values, timeout, {
          onReply(_label, reply) {
            if ("values" in reply && onAnswer(reply.values)) resolve();
          },
          onEnd: () => resolve(),
        });
      });
    },
  };
}
