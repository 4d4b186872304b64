/** The servers that are measured as several processes, each with its broker. */

import { fileURLToPath } from "node:url";
import type { Command } from "../system/cores.ts";
import type { BrokerKind } from "./broker-process.ts";

/** A server and its broker. */
export interface ScalingServer {
  readonly name: string;
  readonly title: string;
  readonly broker: BrokerKind;
  /** Whether it needs the packages of `bench/package.json`. */
  readonly needsPackages: boolean;
  /** The command that starts one process. */
  command(url: string): Command;
}

const program = (file: string) => fileURLToPath(new URL(`../servers/${file}`, import.meta.url));
const roomcast = (url: string): Command => [process.execPath, program("roomcast.mjs"), url];
/**
 * Starts a process with recovery. With a URL, clients recover on any process of the broker.
 * Without one, they recover only on the same process.
 */
export function recoveringServer(url: string | null): Command {
  return [process.execPath, program("roomcast.mjs"), ...(url === null ? [] : [url]), "--recovery"];
}

const socketIo =
  (kind: "classic" | "sharded") =>
  (url: string): Command => [process.execPath, program("socket-io-redis.mjs"), kind, url];

/** All of these servers, in the order of the report. */
export const scalingServers: readonly ScalingServer[] = [
  {
    name: "roomcast-redis",
    title: "Roomcast on Redis",
    broker: "redis",
    needsPackages: false,
    command: roomcast,
  },
  {
    name: "roomcast-nats",
    title: "Roomcast on NATS",
    broker: "nats",
    needsPackages: false,
    command: roomcast,
  },
  {
    name: "socket.io-redis",
    title: "socket.io, Redis adapter",
    broker: "redis",
    needsPackages: true,
    command: socketIo("classic"),
  },
  {
    name: "socket.io-sharded",
    title: "socket.io, sharded Redis adapter",
    broker: "redis",
    needsPackages: true,
    command: socketIo("sharded"),
  },
];
