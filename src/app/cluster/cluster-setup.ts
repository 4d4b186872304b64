/** Chooses how this process reaches the others: by the options, and by how the process was started. */

import type { Bus } from "../../backplane/bus/bus.ts";
import type { OtherServers } from "../../backplane/cluster/server-event.ts";
import type { ForeignServerEvents } from "../../backplane/interop/foreign-server-events.ts";
import type { ForeignFormat } from "../../backplane/interop/interop.ts";
import { queueBus, streamBroker, WorkerHub, workerBus } from "../../backplane/message-queue.ts";
import { isLocalQueue, type MessageQueue } from "../../backplane/queue/queue-source.ts";
import { QueueSecret } from "../../backplane/wire/queue-secret.ts";
import { RoomcastError } from "../../base/errors.ts";
import type { AppOptions } from "../options/app-options.ts";
import { settleQueueRequired } from "../options/queue-required-option.ts";
import { secretsOf, unsignedFormat } from "../options/queue-secret-option.ts";
import {
  type ClusterConnection,
  ClusterNode,
  type ClusterNodeOwner,
  ownAddress,
  type SharedLog,
} from "./cluster-node.ts";
import { InteropNode } from "./interop-node.ts";
import { RequiredQueue } from "./required-queue.ts";
import { isWorker } from "./worker-process.ts";

/** Connects a server to the other processes of its application, if there are any. */
export class ClusterSetup {
  readonly #options: AppOptions;
  readonly #owner: ClusterNodeOwner;
  #connection: ClusterConnection | null = null;
  /** The wait for a message queue that is required; `null` where it is not. */
  #required: RequiredQueue | null = null;

  /**
   * @param options - the server's resolved options
   * @param owner - the server
   */
  constructor(options: AppOptions, owner: ClusterNodeOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /** The connection to the other processes; `null` where this process is alone. */
  get connection(): ClusterConnection | null {
    return this.#connection;
  }

  /** Whether clients of this process are reached by others, as far as that is required. */
  get isReady(): boolean {
    const state = this.#connection?.health.state ?? "none";
    return this.#required === null ? state !== "refused" : state === "up";
  }

  /** Sends events to other processes; `null` where there are none, or their format has no such events. */
  get servers(): OtherServers | null {
    return this.#connection?.servers ?? null;
  }

  /**
   * Connects to the message queue, or to the process that forked this one.
   *
   * @param runtime - which one serves clients: only Node relays requests to other processes
   * @throws {@link RoomcastError} `ERR_OPTION` for a secret with a format that has no signatures, and for a
   *   message queue that is required and not named
   */
  connect(runtime: "node" | "bun"): void {
    const { messageQueue, channel, format, queueSecret } = this.#options;
    const { clock } = this.#owner;
    const required = settleQueueRequired(this.#options.queueRequired);
    if (required !== null && messageQueue === null) throw notNamed();
    if (messageQueue !== null && format !== "roomcast") {
      if (queueSecret !== null) throw unsignedFormat(format);
      this.#connection = new InteropNode(format, messageQueue, channel, this.#owner);
    } else if (messageQueue !== null) {
      const name = channel ?? "roomcast";
      const log = streamBroker(messageQueue, name, clock);
      this.#connection = this.#nodeOn(queueBus(messageQueue, name, clock), {
        address: isLocalQueue(messageQueue) ? "127.0.0.1" : ownAddress(),
        runtime,
        sharedLog: log === null ? null : { log, channel: name },
        secret: queueSecret === null ? null : new QueueSecret(secretsOf(queueSecret), name),
      });
    } else if (isWorker()) {
      // No other program can write to the channel between a process and its workers.
      this.#connection = this.#nodeOn(workerBus(clock), { address: "127.0.0.1", runtime });
    }
    if (required !== null && this.#connection !== null) {
      this.#required = new RequiredQueue(this.#connection.health, required, clock);
    }
  }

  /**
   * Connects to servers of another make, later than this one was made: before any client is in a namespace.
   *
   * @returns events between servers; `null` where the format has none
   * @throws {@link RoomcastError} `ERR_STATE` where this process is connected to others already
   */
  connectForeign(format: ForeignFormat, queue: MessageQueue, channel: string): ForeignServerEvents | null {
    if (this.#connection !== null) {
      throw new RoomcastError(
        "ERR_STATE",
        "This server is connected to others already, by its messageQueue.",
      );
    }
    const node = new InteropNode(format, queue, channel, this.#owner);
    this.#connection = node;
    node.keepNothing();
    return node.foreignServers;
  }

  /**
   * Settles when the first attempt to reach the others has ended, or a message queue that is required is up.
   *
   * @throws {@link RoomcastError} `ERR_MESSAGE_QUEUE` and `ERR_MISSING_PACKAGE` when it cannot be used,
   *   `ERR_STATE` when the server stops before
   */
  async opened(): Promise<void> {
    // It ends for a refusal as well, with which the connection rejects.
    await this.#required?.wait();
    await this.#connection?.opened;
  }

  /** The server stops: nothing waits for a message queue any more. */
  stopWaiting(): void {
    this.#required?.cancel();
  }

  /**
   * Prepares this process for forking workers: what it emits reaches their clients, through the message queue
   * where there is one. Workers are always processes of Node.
   *
   * @returns carries the workers' messages to each other
   */
  connectWorkers(): WorkerHub {
    const hub = new WorkerHub();
    this.#connection ??= this.#nodeOn(hub.bus(this.#owner.clock), { address: "127.0.0.1", runtime: "node" });
    this.#connection.keepNothing();
    return hub;
  }

  #nodeOn(
    bus: Bus,
    {
      address,
      runtime,
      sharedLog = null,
      secret = null,
    }: {
      readonly address: string;
      readonly runtime: "node" | "bun";
      readonly sharedLog?: SharedLog | null;
      readonly secret?: QueueSecret | null;
    },
  ): ClusterNode {
    const { relay, transports } = this.#options;
    // Long polling alone takes several requests, and processes can recognise each other on Node alone.
    const isNeeded = relay !== false && transports.includes("polling") && runtime === "node";
    const at = { host: address, port: 0, ...(typeof relay === "object" ? relay : {}) };
    const routes = { bus, relayHost: isNeeded ? at : null, sharedLog, secret };
    return new ClusterNode(routes, this.#owner, this.#options);
  }
}

function notNamed(): RoomcastError {
  return new RoomcastError(
    "ERR_OPTION",
    'The option "queueRequired" needs a messageQueue, such as "redis://localhost", and there is none. Where its URL comes from the environment, check that the variable is set.',
  );
}

/** Why a server can send no events to other servers; `null` where it can. */
export function serverEventProblem({
  messageQueue,
  format,
}: Pick<AppOptions, "messageQueue" | "format">): string | null {
  if (messageQueue === null || format === "roomcast") return null;
  return `The format "${format}" has no events from server to server.`;
}
