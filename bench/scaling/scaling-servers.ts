/** The servers that are measured as several processes, each with the broker that its processes meet at. */

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
  /** How to start one process. */
  command(url: string): Command;
}

const program = (file: string) => fileURLToPath(new URL(`../servers/${file}`, import.meta.url));
const roomcast = (url: string): Command => [process.execPath, program("roomcast.mjs"), url];
/** Starts a process whose clients can come back: to any that meets it at the broker, or without one to itself. */
export function recoveringServer(url: string | null): Command {
  return [process.execPath, program("roomcast.mjs"), ...(url === null ? [] : [url]), "--recovery"];
}

const socketIo =
  (kind: "classic" | "sharded") =>
  (url: string): Command => [process.execPath, program("socket-io-redis.mjs"), kind, url];

/** All of them, in the order in which they are shown. */
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
