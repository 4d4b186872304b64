/**
 * The node of a message queue, or of the channel between a process and its workers. Only programs that have
 * one of these load this file, and all that it imports.
 */

import type { Bus } from "../../backplane/bus/bus.ts";
import { queueBus, streamBroker, WorkerHub, workerBus } from "../../backplane/message-queue.ts";
import { isLocalQueue } from "../../backplane/queue/queue-source.ts";
import { QueueSecret } from "../../backplane/wire/queue-secret.ts";
import type { AppOptions } from "../options/app-options.ts";
import { secretsOf } from "../options/queue-secret-option.ts";
import {
  type ClusterConnection,
  ClusterNode,
  type ClusterNodeOwner,
  ownAddress,
  type SharedLog,
} from "./cluster-node.ts";
import { InteropNode } from "./interop-node.ts";

/**
 * Connects to the message queue; where there is none, to the process that forked this one.
 *
 * @param options - the server's resolved options
 * @param owner - the server
 * @param runtime - which one serves clients: only Node relays requests to other processes
 */
export function queueNode(
  options: AppOptions,
  owner: ClusterNodeOwner,
  runtime: "node" | "bun",
): ClusterConnection {
  const { messageQueue, channel, format, queueSecret } = options;
  const { clock } = owner;
  if (messageQueue === null) {
    // No other program can write to the channel between a process and its workers.
    return nodeOn(workerBus(clock), { owner, options, address: "127.0.0.1", runtime });
  }
  if (format !== "roomcast") return new InteropNode(format, messageQueue, channel, owner);
  const name = channel ?? "roomcast";
  const log = streamBroker(messageQueue, name, clock);
  return nodeOn(queueBus(messageQueue, name, clock), {
    owner,
    options,
    address: isLocalQueue(messageQueue) ? "127.0.0.1" : ownAddress(),
    runtime,
    sharedLog: log === null ? null : { log, channel: name },
    secret: queueSecret === null ? null : new QueueSecret(secretsOf(queueSecret), name),
  });
}

/**
 * Connects a process to the workers that it will fork. Workers are always processes of Node.
 *
 * @returns carries the workers' messages to each other, and the node on it
 */
export function workersNode(
  options: AppOptions,
  owner: ClusterNodeOwner,
): { readonly hub: WorkerHub; node(): ClusterConnection } {
  const hub = new WorkerHub();
  const place = { owner, options, address: "127.0.0.1", runtime: "node" } as const;
  return { hub, node: () => nodeOn(hub.bus(owner.clock), place) };
}

function nodeOn(
  bus: Bus,
  {
    owner,
    options,
    address,
    runtime,
    sharedLog = null,
    secret = null,
  }: {
    readonly owner: ClusterNodeOwner;
    readonly options: AppOptions;
    readonly address: string;
    readonly runtime: "node" | "bun";
    readonly sharedLog?: SharedLog | null;
    readonly secret?: QueueSecret | null;
  },
): ClusterNode {
  const { relay, transports } = options;
  // Long polling alone takes several requests, and processes can recognise each other on Node alone.
  const isNeeded = relay !== false && transports.includes("polling") && runtime === "node";
  const at = { host: address, port: 0, ...(typeof relay === "object" ? relay : {}) };
  const routes = { bus, relayHost: isNeeded ? at : null, sharedLog, secret };
  return new ClusterNode(routes, owner, options);
}
