/**
 * Chooses how this process reaches the others: by the options, and by how the process was started. What
 * cannot work is refused at once. The code that reaches them is loaded where there are others.
 */

import { loadBrokerCode } from "../../backplane/broker-code.ts";
import { generateNodeId } from "../../backplane/cluster/node-id.ts";
import type { OtherServers } from "../../backplane/cluster/server-event.ts";
import type { WorkerHub } from "../../backplane/message-queue.ts";
import { checkForeignQueue } from "../../backplane/queue/foreign-queue.ts";
import { brokerName, type MessageQueue } from "../../backplane/queue/queue-source.ts";
import { RoomcastError } from "../../base/errors.ts";
import type { AppOptions } from "../options/app-options.ts";
import { settleQueueRequired } from "../options/queue-required-option.ts";
import { unsignedFormat } from "../options/queue-secret-option.ts";
import type { ClusterConnection, ClusterNodeOwner } from "./cluster-node.ts";
import { LateNode } from "./late-node.ts";
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
   * @throws {@link RoomcastError} `ERR_OPTION` for a secret with a format that has no signatures, for a
   *   format that does not exist on the message queue, and for a message queue that is required and not named
   */
  connect(runtime: "node" | "bun"): void {
    const { messageQueue } = this.#options;
    const required = settleQueueRequired(this.#options.queueRequired);
    if (required !== null && messageQueue === null) throw notNamed();
    const traits = messageQueue === null ? workerTraits() : queueTraits(this.#options, messageQueue);
    if (traits === null) return;
    void loadBrokerCode(traits.broker);
    const node = new LateNode({ node: generateNodeId(), ...traits }, this.#owner, async (known) => {
      const { queueNode } = await import("./queue-node.ts");
      this.#connection = queueNode(this.#options, { ...this.#owner, ...known }, runtime);
      return this.#connection;
    });
    this.#connection = node;
    if (required !== null) this.#required = new RequiredQueue(node.health, required, this.#owner.clock);
  }

  /**
   * Connects to servers of another make, later than this one was made: before any client is in a namespace.
   *
   * @param make - makes this process one of them
   * @throws {@link RoomcastError} `ERR_STATE` where this process is connected to others already
   */
  connectForeign<Node extends ClusterConnection>(make: (owner: ClusterNodeOwner) => Node): Node {
    if (this.#connection !== null) {
      throw new RoomcastError(
        "ERR_STATE",
        "This server is connected to others already, by its messageQueue.",
      );
    }
    const node = make(this.#owner);
    this.#connection = node;
    node.keepNothing();
    return node;
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
   * where there is one.
   *
   * @returns carries the workers' messages to each other
   */
  async connectWorkers(): Promise<WorkerHub> {
    const { workersNode } = await import("./queue-node.ts");
    const { hub, node } = workersNode(this.#options, this.#owner);
    this.#connection ??= node();
    this.#connection.keepNothing();
    return hub;
  }
}

/** The traits of the node of a worker; `null` where this process is none. */
function workerTraits() {
  if (!isWorker()) return null;
  return { broker: "the process that started this one", isForeign: false, hasSharedLog: false };
}

/** The traits of the node of a message queue that can be used. */
function queueTraits({ format, queueSecret }: AppOptions, messageQueue: MessageQueue) {
  const isForeign = format !== "roomcast";
  if (isForeign) {
    if (queueSecret !== null) throw unsignedFormat(format);
    checkForeignQueue(format, messageQueue);
  }
  const broker = brokerName(messageQueue);
  return { broker, isForeign, hasSharedLog: !isForeign && broker !== "memory" };
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
