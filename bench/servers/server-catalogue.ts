/** All measured servers: how each starts, and what it needs. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram, type Program } from "../../scripts/programs.mjs";
import type { Dialect } from "../load/dialect.ts";
import type { Command } from "../system/cores.ts";

/** A server under test. */
export interface ServerProgram {
  readonly name: string;
  /** The name in reports. */
  readonly title: string;
  readonly dialect: Dialect["name"];
  /** Whether it needs the packages of `bench/package.json`. */
  readonly needsPackages: boolean;
  /** Whether it runs on Node, which takes Node's flags. */
  readonly isNode: boolean;
  /** Its share of the usual number of messages, if it is too slow for all of them. */
  readonly share?: number;
  /** What it runs on, where that is installed on demand. */
  readonly needs?: Program;
  /**
   * Whether it takes part where messages are compressed; one that is only for comparison takes part nowhere
   * else, and compresses nothing.
   */
  readonly compression?: "supported" | "only for comparison";
  /** The scenarios that it cannot run. */
  readonly lacks?: readonly string[];
  /** Whether it runs only when requested by name. */
  readonly isExperiment?: boolean;
  /** The command that starts it, or the reason why it cannot start here. */
  find(): Command | string;
}

const here = fileURLToPath(new URL("..", import.meta.url));
const program = (file: string) => join(here, "servers", file);
const onNode =
  (file: string, ...args: readonly string[]) =>
  (): Command => [process.execPath, "--expose-gc", program(file), ...args];

const pythonWithFlask: Program = {
  name: "Python with Flask-SocketIO",
  // Debian's packages belong to Debian's own Python, which may not be the first in the path.
  binaries: ["/usr/bin/python3", "python3"],
  versionArguments: ["-c", "import eventlet, flask_socketio"],
  debianPackages: ["python3-flask-socketio", "python3-eventlet"],
  elsewhere: "pip install flask-socketio eventlet, and name the interpreter in PYTHON_WITH_FLASK",
  pathVariable: "PYTHON_WITH_FLASK",
  skipVariable: "ROOMCAST_SKIP_FLASK",
  whatIsSkipped: "the measurements of Flask-SocketIO",
};

/** The server that ratios refer to. */
export const reference = "socket.io";

/** All servers, in the order of the report. */
export const servers: readonly ServerProgram[] = [
  {
    name: "roomcast",
    title: "Roomcast",
    dialect: "socket.io",
    needsPackages: false,
    isNode: true,
    compression: "supported",
    find: onNode("roomcast.mjs"),
  },
  {
    name: "roomcast-plain",
    title: "Roomcast, not compressing",
    dialect: "socket.io",
    needsPackages: false,
    isNode: true,
    compression: "only for comparison",
    find: onNode("roomcast.mjs", "--plain"),
  },
  {
    name: "bridge",
    title: "roomcast/socket.io",
    dialect: "socket.io",
    needsPackages: false,
    isNode: true,
    compression: "supported",
    find: onNode("bridge.mjs"),
  },
  {
    name: reference,
    title: "socket.io on ws",
    dialect: "socket.io",
    needsPackages: true,
    isNode: true,
    compression: "supported",
    find: onNode("socket-io.mjs"),
  },
  {
    name: "socket.io-uws",
    title: "socket.io on uWebSockets.js",
    dialect: "socket.io",
    needsPackages: true,
    isNode: true,
    find: () => uwsProblem() ?? onNode("socket-io-uws.mjs")(),
  },
  {
    name: "socket.io-bun",
    title: "socket.io on Bun",
    dialect: "socket.io",
    needsPackages: true,
    isNode: false,
    find: () => findBun("socket-io-bun.mjs"),
  },
  {
    name: "roomcast-bun",
    title: "Roomcast on Bun",
    dialect: "socket.io",
    needsPackages: false,
    isNode: false,
    compression: "supported",
    find: () => findBun("roomcast.mjs"),
  },
  {
    name: "ws",
    title: "plain ws",
    dialect: "plain",
    needsPackages: true,
    isNode: true,
    find: onNode("ws.mjs"),
  },
  {
    name: "net",
    title: "bare node:net",
    dialect: "plain",
    needsPackages: false,
    isNode: true,
    lacks: ["binary"],
    find: onNode("net.mjs"),
  },
  {
    name: "net-handle",
    title: "node:net past its streams",
    dialect: "plain",
    needsPackages: false,
    isNode: true,
    lacks: ["binary"],
    isExperiment: true,
    find: onNode("net.mjs", "--handle"),
  },
  {
    name: "uws",
    title: "plain uWebSockets.js",
    dialect: "plain",
    needsPackages: true,
    isNode: true,
    find: () => uwsProblem() ?? onNode("uws.mjs")(),
  },
  {
    name: "flask",
    title: "Flask-SocketIO on eventlet",
    dialect: "socket.io",
    needsPackages: false,
    isNode: false,
    share: 0.04,
    // The rate is more than it can serve.
    lacks: ["tail"],
    needs: pythonWithFlask,
    find: findFlask,
  },
];

/** Finds a server. */
export function serverNamed(name: string): ServerProgram | undefined {
  return servers.find((server) => server.name === name);
}

/** Without a binary for this Node, the package uses a JavaScript imitation, which proves nothing. */
function uwsProblem(): string | undefined {
  const { platform, arch, versions } = process;
  const binary = `uws_${platform}_${arch}_${versions.modules}.node`;
  if (existsSync(join(here, "node_modules/@trufflesuite/uws-js-unofficial/binaries", binary)))
    return undefined;
  return `@trufflesuite/uws-js-unofficial has no binary for Node ${versions.node} on ${platform} ${arch}`;
}

/** npm's `bun` has one package for each platform, and installs the right one. */
function findBun(file: string): Command | string {
  for (const folder of ["node_modules/@oven", "../node_modules/@oven"]) {
    const packages = join(here, folder);
    for (const name of existsSync(packages) ? readdirSync(packages) : []) {
      const binary = join(packages, name, "bin", process.platform === "win32" ? "bun.exe" : "bun");
      if (starts(binary, ["--version"])) return [binary, program(file)];
    }
  }
  return "npm's bun has no binary that starts here";
}

function findFlask(): Command | string {
  const python = findProgram(pythonWithFlask);
  if (python !== undefined) return [python, program("flask-server.py")];
  return "Python has no flask_socketio and eventlet (on Debian: apt-get install python3-flask-socketio python3-eventlet)";
}

function starts(file: string, args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: "ignore", timeout: 20_000 }).status === 0;
}
