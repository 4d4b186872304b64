/**
 * The server side of Socket.IO's admin interface: a namespace in which administrators are told of servers,
 * clients and events of all processes, and may act on clients.
 *
 *     page ── CONNECT, { username, password } or { sessionId } ──▶
 *          ◀── CONNECT_ERROR, "invalid credentials"
 *          ◀── CONNECT, then session, config, all_sockets (in development), server_stats every two seconds
 *          ── emit, join, leave, _disconnect ──▶
 */

import type { Log } from "../base/log/log.ts";
import { printable, quoted } from "../base/printable.ts";
import type { Clock } from "../base/time/clock.ts";
import type { Hub } from "../core/hub.ts";
import { everyoneIn } from "../core/model/target.ts";
import type { Answer, NamespaceHandlers, Refusal } from "../core/namespace/open-namespace.ts";
import type { Socket } from "../core/socket/socket.ts";
import { type PacketFlags, secretFlags } from "../engine/outbox/outgoing-packet.ts";
import { AdminCommands } from "./admin-commands.ts";
import { AdminLogin } from "./admin-login.ts";
import type { AdminPeers } from "./admin-peers.ts";
import { Audience } from "./audience.ts";
import { ClientReports } from "./client-reports.ts";
import { type DescribedClient, fittingClients } from "./described-client.ts";
import type { InstrumentConfig } from "./instrument-options.ts";
import { type AdminConnections, ServerReports } from "./server-reports.ts";

/** What the admin interface needs of its server. */
export interface AdminHost {
  readonly hub: Hub;
  readonly connections: AdminConnections;
  readonly peers: AdminPeers;
  readonly logger: Log;
  readonly clock: Clock;
  /** A name of this process that no other one has. */
  readonly serverId: string;
  /** Whether this process serves clients. One that forks workers, or only emits, does not. */
  isServing(): boolean;
}

/** What the page can do and show. */
const commands = ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"];

/** The page and its users know this refusal; there is no other, and it has no details. */
const refusal: Refusal = { message: "invalid credentials" };

const askForClients = "roomcast:admin clients";
/** How long other processes may take to describe their clients, in ms. */
const askTimeout = 2000;
/** How long the descriptions of one process may be, in characters. NATS takes a million bytes by default. */
const longestAnswer = 400_000;
/** After there were too many clients, pages show each one again below this part of the limit. */
const ease = 0.8;

/** The admin interface of one process. */
export class Admin implements NamespaceHandlers {
  readonly #config: InstrumentConfig;
  readonly #host: AdminHost;
  readonly #login: AdminLogin;
  readonly #commands: AdminCommands;
  readonly #audience: Audience;
  readonly #servers: ServerReports;
  readonly #clients: ClientReports;
  /** The administrators at this process, with their names. */
  readonly #admins = new Map<Socket, string>();
  /** Whether their pages show each client. */
  #isDetailed = false;
  /** Whether an event could not be sent: that is logged once. */
  #hasFailed = false;
  /** Whether there were too many for that. */
  #wereTooMany = false;

  /**
   * @param config - the resolved options
   * @param host - the server
   */
  constructor(config: InstrumentConfig, host: AdminHost) {
    const { namespace, auth, sessionLifetime } = config;
    this.#config = config;
    this.#host = host;
    this.#login = new AdminLogin(auth, sessionLifetime, host);
    this.#commands = new AdminCommands(host, namespace, config.readonly);
    const { hub, clock, connections, peers } = host;
    const send = (event: string, values: readonly unknown[]) => this.#send(event, values);
    const onTick = () => {
      this.#audience.prune();
      this.#clients.onTick();
    };
    this.#servers = new ServerReports({ hub, clock, connections, send, onTick }, host.serverId, namespace);
    const onProcessLeft = () => this.#showAgain();
    this.#clients = new ClientReports({ hub, send, onProcessLeft }, namespace, `${peers.node.slice(-4)}#`);
    this.#audience = new Audience({
      peers,
      clock,
      clientCount: () => this.#servers.clientCount,
      onChange: () => this.#follow(),
      onNewcomer: () => this.#servers.report(),
      onCounted: (clients) => this.#onCounted(clients),
    });
    peers.answer(askForClients, () =>
      this.#mayShowClients ? fittingClients(this.#clients.all(), longestAnswer) : [],
    );
  }

  /**
   * Loads what it needs.
   *
   * @throws {@link RoomcastError} `ERR_MISSING_PACKAGE`
   */
  prepare(): Promise<void> {
    return this.#login.prepare();
  }

  connect(socket: Socket, decide: (refusal?: Refusal) => void): void {
    const { address } = socket.client.request;
    const welcome = async () => {
      const login = await this.#login.check(socket.auth, address);
      if (login === null) {
        decide(refusal);
        return;
      }
      const { username, sessionId } = login;
      this.#admins.set(socket, username);
      await this.#prepareFor(socket, sessionId);
      // One that has left since is told of as disconnected.
      decide();
      this.#host.logger.info(
        `The administrator ${quoted(username)} has come to the admin interface from ${printable(address)}`,
        { type: "admin arrived", username, address },
      );
    };
    welcome().catch((err: unknown) => {
      this.#host.logger.error("An administrator could not be let in", { type: "admin failed", err });
      this.disconnect(socket);
      decide(refusal);
    });
  }

  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void {
    const refused = this.#commands.run(event, values, this.#admins.get(socket) ?? "");
    answer?.(refused === null ? [] : [refused]);
  }

  disconnect(socket: Socket): void {
    this.#admins.delete(socket);
    if (this.#admins.size > 0) return;
    this.#isDetailed = false;
    this.#wereTooMany = false;
    this.#audience.leave();
  }

  /**
   * Gathers what a page gets first. Until it is accepted its socket holds all packets, so what happens
   * in the meantime follows behind.
   *
   * @param sessionId - the id of its new session; `null` for none
   */
  async #prepareFor(socket: Socket, sessionId: string | null): Promise<void> {
    const { hub } = this.#host;
    // Reports of other processes come from here on.
    await hub.namespaces.get(this.#config.namespace)?.ready;
    socket.takeHeld();
    // All processes report at once, and tell how many clients they have: that decides about the mode.
    await this.#audience.welcome();
    this.#servers.report();
    const others = this.#isDetailed ? await this.#otherClients() : [];
    const held = socket.takeHeld();
    if (sessionId !== null) this.#tell(socket, "session", [sessionId], secretFlags);
    this.#tellFeatures(socket);
    if (this.#isDetailed) this.#tellClients(socket, others);
    for (const packet of held) socket.deliver(packet);
  }

  /** Pages begin again with what there is now. */
  #showAgain(): void {
    for (const socket of this.#admins.keys()) void this.#show(socket);
  }

  /** Tells a page that it can show something else now, and shows it all clients if it can. */
  async #show(socket: Socket): Promise<void> {
    this.#tellFeatures(socket);
    if (!this.#isDetailed) return;
    this.#tellClients(socket, await this.#otherClients());
  }

  #tellClients(socket: Socket, others: readonly DescribedClient[]): void {
    // A client for which more waits is closed, and the page would come again and again.
    const limit = this.#host.connections.maxOutgoingBytes / 4;
    this.#tell(socket, "all_sockets", [fittingClients([...this.#clients.all(), ...others], limit)]);
  }

  #tellFeatures(socket: Socket): void {
    this.#tell(socket, "config", [{ supportedFeatures: this.#features() }]);
  }

  /** The clients of other processes. */
  async #otherClients(): Promise<DescribedClient[]> {
    const others: DescribedClient[] = [];
    await this.#host.peers.ask(askForClients, [], askTimeout, (clients) => {
      others.push(...(clients as DescribedClient[]));
      return false;
    });
    return others;
  }

  get #mayShowClients(): boolean {
    return this.#config.mode === "development";
  }

  #features(): readonly string[] {
    return [
      ...(this.#config.readonly ? [] : commands),
      "AGGREGATED_EVENTS",
      ...(this.#isDetailed ? ["ALL_EVENTS"] : []),
    ];
  }

  /** Shows each client while there are few enough. */
  #onCounted(clients: number): void {
    if (!this.#mayShowClients) return;
    const { maxDetailedClients } = this.#config;
    const isDetailed = clients <= maxDetailedClients * (this.#wereTooMany ? ease : 1);
    if (!isDetailed && !this.#wereTooMany) {
      this.#host.logger.warn(
        `The admin interface shows numbers alone, as in production mode: there are ${clients} clients, more than maxDetailedClients (${maxDetailedClients}).`,
        { type: "admin shows numbers", clients },
      );
    }
    // Before the first count no page shows anything yet.
    const isNews = this.#isDetailed || this.#wereTooMany;
    this.#wereTooMany = !isDetailed;
    if (isDetailed === this.#isDetailed) return;
    this.#isDetailed = isDetailed;
    void this.#audience.want(isDetailed);
    if (isNews) this.#showAgain();
  }

  /** Begins to report, or stops, as administrators anywhere want it. */
  #follow(): void {
    if (this.#audience.isThere && (this.#admins.size > 0 || this.#host.isServing())) this.#servers.start();
    else this.#servers.stop();
    if (this.#audience.isDetailed && this.#mayShowClients) this.#clients.start();
    else this.#clients.stop();
  }

  /** Sends an event to one administrator. */
  #tell(socket: Socket, event: string, values: readonly unknown[], flags?: PacketFlags): void {
    socket.deliver(this.#host.hub.codec.event(this.#config.namespace, event, values, flags).plain());
  }

  /** Sends an event to all administrators, at all processes. */
  #send(event: string, values: readonly unknown[]): void {
    const { hub, logger } = this.#host;
    const target = everyoneIn(this.#config.namespace);
    try {
      const packet = hub.codec.event(target.namespace, event, values);
      hub.namespaces.get(target.namespace)?.broadcast(packet.plain(), target);
      if (this.#audience.isElsewhere) hub.namespaces.backplane?.emit(target, packet, event, values, {});
    } catch (err) {
      // A parser of the application may take less than that of Socket.IO.
      if (!this.#hasFailed)
        logger.error(`The event ${quoted(event)} could not be sent to administrators`, {
          type: "admin failed",
          err,
        });
      this.#hasFailed = true;
    }
  }
}
