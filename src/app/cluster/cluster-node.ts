/**
 * Makes this process a node of the application: it reaches the clients of the other processes, and passes
 * requests on to the process that holds their connection.
 */

import { networkInterfaces } from "node:os";
import type { NodeAdapterOptions } from "../../adapter/node/node-adapter.ts";
import { HandoverWorker } from "../../adapter/node/socket-handover.ts";
import type { Bus } from "../../backplane/bus/bus.ts";
import { EmitterBus } from "../../backplane/bus/emitter-bus.ts";
import { QueueHealth, type QueueStats } from "../../backplane/bus/queue-health.ts";
import { Cluster } from "../../backplane/cluster/cluster.ts";
import type { LocalServer, OtherServers } from "../../backplane/cluster/server-event.ts";
import { BrokerRecovery, type LogBroker } from "../../backplane/recovery/broker-recovery.ts";
import { signedLog } from "../../backplane/recovery/signed-log.ts";
import type { UnsequencedEvent } from "../../backplane/stream/stream-event.ts";
import type { QueueSecret } from "../../backplane/wire/queue-secret.ts";
import { SignedBus } from "../../backplane/wire/signed-bus.ts";
import { RoomcastError } from "../../base/errors.ts";
import type { Log } from "../../base/log/log.ts";
import { nodeCrypto } from "../../base/node-crypto.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { Hub } from "../../core/hub.ts";
import { decodeEvent, JsonEventPacket } from "../../core/packet/event-packet.ts";
import type { Engine } from "../../engine/engine.ts";
import { onlyKey } from "../../relay/peer-channel.ts";
import { PeerRelay, type RelayLimits } from "../../relay/peer-relay.ts";
import { PeerServer } from "../../relay/peer-server.ts";
import { EmitterLosses } from "./emitter-losses.ts";
import { QueueStatusLog } from "./queue-status-log.ts";
import { RecoveryStatusLog } from "./recovery-status-log.ts";
import { isWorker } from "./worker-process.ts";

/** What a cluster node needs of its server. */
export interface ClusterNodeOwner {
  readonly hub: Hub;
  readonly engine: Engine;
  /** Takes the events of other processes. */
  readonly server: LocalServer;
  readonly logger: Log;
  readonly clock: Clock;
  readonly trace: Trace;
  /** The id of this process; by default a new one. */
  readonly node?: string;
  /** Keeps the state of the message queue; by default a new one. */
  readonly health?: QueueHealth;
}

/** Where this process receives the requests of its clients that landed in another process. */
export interface RelayHost {
  /** The address at which the other processes reach it. */
  readonly host: string;
  /** `0` for any free one. */
  readonly port: number;
}

/** The options of the server that matter to a cluster node. */
export interface ClusterNodeOptions extends NodeAdapterOptions {
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxHandshakes: number;
}

/** The shared store of recoverable events and sessions. */
export interface SharedLog {
  readonly log: LogBroker;
  /** The prefix of every name in it. */
  readonly channel: string;
}

/** How a cluster node reaches the other processes, and they reach it. */
export interface ClusterNodeRoutes {
  /** Carries messages to the other processes. */
  readonly bus: Bus;
  /** Where this process receives relayed requests; `null` for nowhere. */
  readonly relayHost: RelayHost | null;
  /** Holds recoverable namespaces; `null` where each process has its own memory. */
  readonly sharedLog: SharedLog | null;
  /** Signs messages and stored records; `null` for none with a signature. */
  readonly secret: QueueSecret | null;
}

/** The connection to other processes that serve the same clients. */
export interface ClusterConnection {
  /** Sends events to the servers themselves; `null` where their format has no such events. */
  readonly servers: OtherServers | null;
  /** Settles when the first attempt to reach the others has ended; rejects when none can succeed. */
  readonly opened: Promise<void>;
  /** The state of the message queue. */
  readonly health: QueueHealth;
  /** The figures of the message queue. */
  readonly queueStats: QueueStats;
  /**
   * This process serves clients from now on. Settles when the other processes know that.
   *
   * @param hasRecovery - whether to find out first if clients can come back to any process
   */
  serve(hasRecovery: boolean): Promise<void>;
  /** Resolves when clients have received every event that was sent before, or after a moment. */
  delivered(): Promise<void>;
  /**
   * This process serves clients, so messages do not wait for a message queue that is down. They do in a
   * program that only emits.
   */
  keepNothing(): void;
  /**
   * Closes every connection when the messages under way have been sent.
   *
   * @throws {@link RoomcastError} `ERR_MESSAGE_QUEUE` in a program that only emits, where a message could not
   *   be sent
   */
  close(): Promise<void>;
}

/** One of several Roomcast processes, connected by a bus. */
export class ClusterNode implements ClusterConnection {
  /** Settles when the first attempt to reach the others has ended; rejects when none can succeed. */
  readonly opened: Promise<void>;
  readonly health: QueueHealth;
  readonly #cluster: Cluster;
  readonly #bus: EmitterBus;
  readonly #losses: EmitterLosses;
  readonly #recovery: BrokerRecovery | null;
  readonly #relay: { relay: PeerRelay; server: PeerServer; key: Uint8Array | null; at: RelayHost } | null;
  #served: Promise<void> | null = null;

  /**
   * @param routes - how it reaches the other processes
   * @param owner - this process's server
   * @param options - the resolved options of the server
   */
  constructor(
    { bus, relayHost, sharedLog, secret }: ClusterNodeRoutes,
    owner: ClusterNodeOwner,
    options: ClusterNodeOptions,
  ) {
    const { hub, engine, server: local, logger, clock, trace, health = new QueueHealth(bus.name) } = owner;
    this.health = health;
    const log = new QueueStatusLog(logger, hub, this.health);
    this.#losses = new EmitterLosses(logger, process, this.health);
    const way = secret === null ? bus : new SignedBus(bus, secret, log);
    this.#bus = new EmitterBus(way, clock, this.#losses);
    this.#cluster = new Cluster({
      node: owner.node,
      bus: this.#bus,
      clients: hub.local,
      server: local,
      owner: log,
      clock,
      trace,
      secret,
    });
    hub.namespaces.useBackplane(this.#cluster);
    this.#recovery =
      sharedLog === null
        ? null
        : new BrokerRecovery(
            secret === null ? sharedLog.log : signedLog(sharedLog.log, secret, log),
            new RecoveryStatusLog(logger, hub, log, {
              onLost: (count, error) => this.#bus.lose(count, error),
              onDropped: (count) => this.health.onDropped(count),
              onProblem: (error) => this.health.onProblem(error),
              onUnshared: (event) => this.#share(event),
            }),
            { channel: sharedLog.channel, node: this.#cluster.node, clock },
          );
    if (this.#recovery !== null) {
      hub.namespaces.shareRecovery(this.#recovery);
      this.#cluster.order(this.#recovery);
    }
    if (relayHost === null) {
      this.#relay = null;
    } else {
      const { node } = this.#cluster;
      const ownKey = nodeCrypto().randomBytes(32);
      const keys = secret?.relayKeys(node) ?? [{ identity: onlyKey, key: ownKey }];
      const server = new PeerServer(keys, engine.peerSink, options);
      const handover = isWorker()
        ? new HandoverWorker(node, process, (upgrade) => server.take(upgrade))
        : null;
      const relay = new PeerRelay(node, this.#cluster, relayLimits(options), handover);
      engine.serveWith(relay);
      this.#relay = { relay, server, key: secret === null ? ownKey : null, at: relayHost };
    }
    this.opened = this.#cluster.open();
    // An emitter has no run() that could fail, and neither has a server that the application listens with
    // itself.
    this.opened.catch((error: unknown) => log.onUnusable(error));
  }

  get queueStats(): QueueStats {
    return this.health.stats(this.#bus.load, this.#recovery?.state ?? "none");
  }

  get servers(): OtherServers {
    return this.#cluster;
  }

  /**
   * This process serves clients from now on. Settles when others can relay requests to it.
   *
   * @throws {@link RoomcastError} `ERR_LISTEN` when it cannot listen for them
   */
  serve(hasRecovery: boolean): Promise<void> {
    this.keepNothing();
    this.#served ??= this.#serve(hasRecovery);
    return this.#served;
  }

  async delivered(): Promise<void> {
    await this.#recovery?.delivered();
  }

  keepNothing(): void {
    this.#recovery?.serve();
    this.#bus.serve();
  }

  async close(): Promise<void> {
    this.#relay?.relay.close();
    await this.#recovery?.close();
    try {
      await this.#cluster.close();
    } finally {
      this.health.onClosed();
      this.#losses.forget();
      await this.#served?.catch(() => {});
      if (this.#served !== null) await this.#relay?.server.close();
    }
  }

  /** Sends an event on the bus that is in no stream. */
  #share({ target, event, compress }: UnsequencedEvent): void {
    const [name, ...values] = decodeEvent(event);
    const packet = new JsonEventPacket(target.namespace, name, values);
    this.#cluster.emit(target, packet, name, values, { compress });
  }

  async #serve(hasRecovery: boolean): Promise<void> {
    if (hasRecovery) await this.#recovery?.start();
    this.#cluster.serve();
    if (this.#relay === null) return;
    const { server, key, at } = this.#relay;
    const { host } = at;
    // The first request may be for a connection of another process.
    const { introduced } = this.#cluster;
    try {
      this.#cluster.announce({ host, port: await server.listen(host, at.port), key });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RoomcastError(
        "ERR_LISTEN",
        `Cannot listen on ${host}:${at.port} for what other processes relay: ${reason}. ` +
          'Name an address of this machine that they reach, new SocketIO(app, { relay: { host: "10.0.0.5" } }), or turn it off: relay: false.',
        { cause },
      );
    }
    await introduced;
  }
}

/** The limits of relayed requests. */
function relayLimits({
  maxHttpBufferSize,
  maxHandshakes,
  pingInterval,
  pingTimeout,
}: ClusterNodeOptions): RelayLimits {
  return {
    maxLength: maxHttpBufferSize,
    longestSilence: pingInterval + pingTimeout,
    patience: 10_000,
    maxWaitingUpgrades: maxHandshakes,
  };
}

/** The address at which other machines most likely reach this one. */
export function ownAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, family, internal } of addresses ?? []) {
      if (!internal && family === "IPv4") return address;
    }
  }
  return "127.0.0.1";
}
