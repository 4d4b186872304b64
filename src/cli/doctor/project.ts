/** Looks at a project: versions of packages that do not fit each other, and options that contradict. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Finding, fault, fine, remark, warning } from "./finding.ts";

/** The parts of a package.json that matter. */
interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
}

/** A source file of the project. */
interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What the checks know of a project. */
interface Project {
  readonly folder: string;
  readonly wanted: Readonly<Record<string, string>>;
  readonly sources: readonly SourceFile[];
  /** The installed version of a package. */
  readonly versionOf: (name: string) => string | undefined;
}

/** The most source files that are read, and the largest one, in bytes. */
const mostFiles = 2000;
const largestFile = 500_000;

/** Folders without the program itself: packages, results of a build, tests. */
const otherFolders = /^(?:node_modules|dist|build|coverage|tests?|__tests__|e2e|\..*)$/;
const sourceNames = /\.(?:[cm]?[jt]sx?|vue|svelte|html)$/;
const testNames = /\.(?:test|spec)\./;

/** What a file must mention: options of other libraries have the same names. */
const matters = /\b(?:roomcast|socket\.io|SocketIO|cluster|exec_mode)\b/;

/** Packages without maintainers, and their successors. */
const successors: Readonly<Record<string, string>> = {
  "socket.io-redis": "@socket.io/redis-adapter",
  "socket.io-emitter": "@socket.io/redis-emitter",
  "socketio-jwt": "a connect handler that checks the token in auth",
  "socketio-wildcard": 'socketio.on("*", …), or socket.onAny(…)',
};

/** Examines a project. */
export async function* examineProject(folder: string): AsyncGenerator<Finding> {
  const path = join(folder, "package.json");
  if (!existsSync(path)) {
    yield fault("project", "no-project", {
      saw: `${folder} has no package.json.`,
      means: "Give the folder of a project, or the URL of a server.",
    });
    return;
  }
  const manifest = readManifest(path);
  if (manifest === undefined) {
    yield fault("project", "broken-manifest", {
      saw: `${path} is not valid JSON.`,
      means: "npm cannot read it either.",
    });
    return;
  }
  const project: Project = {
    folder,
    wanted: { ...manifest.devDependencies, ...manifest.dependencies },
    sources: readSources(folder),
    versionOf: (name) =>
      readManifest(join(folder, "node_modules", ...name.split("/"), "package.json"))?.version,
  };
  const found = [
    ...versions(project),
    ...pairs(project),
    ...adapters(project),
    ...options(project),
    ...oldPackages(project),
  ];
  yield* found;
}

const knownPackages = [
  "roomcast",
  "socket.io",
  "socket.io-client",
  "@socket.io/redis-adapter",
  "@socket.io/admin-ui",
  "ws",
];

function* versions({ wanted, versionOf }: Project): Generator<Finding> {
  const named = knownPackages.filter((name) => Object.hasOwn(wanted, name));
  if (named.length === 0)
    yield remark("project", "no-packages", { saw: "package.json names neither roomcast nor socket.io." });
  for (const name of named) {
    const version = versionOf(name);
    if (version === undefined)
      yield fault("versions", "not-installed", {
        saw: `${name} is in package.json, and not in node_modules.`,
        means: "The program cannot start.",
        mend: ["npm install"],
      });
    else yield fine("versions", "installed", `${name} ${version}`);
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (Object.hasOwn(wanted, "roomcast") && (major < 20 || (major === 20 && minor < 19)))
    yield fault("versions", "old-node", {
      saw: `This is Node ${process.versions.node}.`,
      means: "Roomcast needs 20.19 or newer.",
    });
}

function* pairs({ wanted, versionOf, sources }: Project): Generator<Finding> {
  const client = majorOf(versionOf("socket.io-client") ?? wanted["socket.io-client"]);
  const server = majorOf(versionOf("socket.io") ?? wanted["socket.io"]);
  const allowsOld = sources.some(({ text }) => /allowEIO3:true/.test(text));
  const newServer = Object.hasOwn(wanted, "roomcast")
    ? "Roomcast"
    : server !== undefined && server >= 3
      ? `socket.io ${server}`
      : undefined;
  if (client !== undefined && client <= 2 && newServer !== undefined && !allowsOld)
    yield fault("versions", "client-too-old", {
      saw: `socket.io-client ${client} with a server of ${newServer}.`,
      means: "The server refuses clients of version 2: Unsupported protocol version.",
      mend: ["npm install socket.io-client@4", "allowEIO3: true // or this option of the server"],
    });
  if (client !== undefined && client >= 3 && server !== undefined && server <= 2 && newServer === undefined)
    yield fault("versions", "server-too-old", {
      saw: `socket.io-client ${client} with socket.io ${server}.`,
      means: "The client connects for a moment, and hears nothing.",
      mend: ["npm install socket.io@4"],
    });
}

function* adapters({ wanted, sources }: Project): Generator<Finding> {
  const uses = (pattern: RegExp) => sources.some(({ text }) => pattern.test(text));
  if (
    Object.hasOwn(wanted, "roomcast") &&
    uses(/messageQueue:["'`]rediss?:/) &&
    !Object.hasOwn(wanted, "@redis/client") &&
    !Object.hasOwn(wanted, "redis")
  )
    yield fault("packages", "no-redis-client", {
      saw: "messageQueue names Redis, and @redis/client is not in package.json.",
      means: "The server cannot reach Redis: ERR_MISSING_PACKAGE.",
      mend: ["npm install @redis/client"],
    });
  if (
    Object.hasOwn(wanted, "roomcast") &&
    uses(/messageQueue:["'`]nats:/) &&
    !Object.hasOwn(wanted, "@nats-io/transport-node")
  )
    yield fault("packages", "no-nats-client", {
      saw: "messageQueue names NATS, and @nats-io/transport-node is not in package.json.",
      means: "The server cannot reach NATS: ERR_MISSING_PACKAGE.",
      mend: ["npm install @nats-io/transport-node"],
    });
  const runsMany = uses(/\bcluster\.fork\(|instances:(?:["'`]max|[2-9])|exec_mode:["'`]cluster/);
  const shares = uses(/messageQueue|createAdapter|workers:|createShardedAdapter|setupPrimary/);
  if (runsMany && !shares)
    yield warning("packages", "no-adapter", {
      saw: "The program runs in several processes, and no adapter or message queue connects them.",
      means:
        "An event reaches only the clients of one process, and long polling fails without sticky sessions.",
      mend: [
        'new SocketIO(app, { messageQueue: "redis://…" })',
        "await socketio.run({ workers: 4 }); // on one machine",
      ],
    });
}

function* options({ folder, sources }: Project): Generator<Finding> {
  for (const { path, text } of sources) {
    const place = relative(folder, path);
    const cors = /cors:\{([^}]*)\}/.exec(text)?.[1];
    if (cors !== undefined && /origin:["'`]\*["'`]/.test(cors) && /credentials:true/.test(cors))
      yield fault("options", "cors-star-credentials", {
        saw: `${place}: cors with origin "*" and credentials: true.`,
        means: "Browsers refuse this combination: name the origins.",
        mend: ['cors: { origin: ["https://app.example.com"], credentials: true }'],
      });
    const interval = numberOf(text, "pingInterval");
    if (interval !== undefined && interval >= 55_000)
      yield warning("options", "ping-interval", {
        saw: `${place}: pingInterval is ${interval} ms.`,
        means: "Most proxies end a connection after a minute of silence.",
        mend: ["pingInterval: 25_000"],
      });
    if (/\bnew Server\(|\bSocketIO\(/.test(text) && /transports:\[["'`]polling["'`]\]/.test(text))
      yield warning("options", "polling-alone", {
        saw: `${place}: transports has polling alone.`,
        means: "Each event costs a request.",
      });
  }
  yield* paths({ folder, sources });
}

/** Server and client name the same path, where both are in this project. */
function* paths({ folder, sources }: Pick<Project, "folder" | "sources">): Generator<Finding> {
  const named = (maker: RegExp) =>
    sources.flatMap(({ path, text }) => {
      const options = maker.exec(text)?.[1];
      const given = options === undefined ? undefined : /\bpath:["'`]([^"'`$]+)["'`]/.exec(options)?.[1];
      return options === undefined
        ? []
        : [{ place: relative(folder, path), path: withSlashes(given ?? "/socket.io/") }];
    });
  const servers = named(/\b(?:new Server|new SocketIO)\(([^;]*)/);
  const clients = named(/\bio\(([^;]*)/);
  const known = new Set(servers.map(({ path }) => path));
  if (known.size === 0) return;
  for (const { place, path } of clients)
    if (!known.has(path))
      yield fault("options", "path-differs", {
        saw: `${place} connects to the path ${path}; the server has ${[...known].join(", ")}.`,
        means: "The client gets 404, or another application's page.",
        mend: [`io(url, { path: "${[...known][0]}" })`],
      });
}

function* oldPackages({ wanted }: Project): Generator<Finding> {
  for (const [name, successor] of Object.entries(successors))
    if (Object.hasOwn(wanted, name))
      yield warning("packages", "unmaintained", {
        saw: `${name} is no longer maintained.`,
        means: `Use ${successor}.`,
      });
}

function numberOf(text: string, name: string): number | undefined {
  const digits = new RegExp(`\\b${name}:([\\d_]+)`).exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits.replaceAll("_", ""));
}

/** Takes the blanks away around signs, so that no expression has to look for them. */
function tightened(text: string): string {
  return [":", "[", "]"].reduce((tight, sign) => tight.split(sign).map(trimmed).join(sign), text);
}

function trimmed(part: string): string {
  return part.trim();
}

function withSlashes(path: string): string {
  return `/${path}/`.replaceAll(/\/{2,}/g, "/");
}

function majorOf(version: string | undefined): number | undefined {
  const digits = /(\d+)/.exec(version?.replace(/^npm:[^@]*@/, "") ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function readManifest(path: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof manifest === "object" && manifest !== null ? manifest : undefined;
  } catch {
    // Not installed, or not JSON: the caller says which.
    return undefined;
  }
}

function readSources(folder: string): SourceFile[] {
  const found: SourceFile[] = [];
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (found.length >= mostFiles) return;
      const inner = join(path, entry.name);
      if (entry.isDirectory()) {
        if (!otherFolders.test(entry.name)) visit(inner);
      } else if (entry.isFile() && sourceNames.test(entry.name) && !testNames.test(entry.name)) {
        const text = readFileSync(inner, "utf8");
        if (text.length <= largestFile && matters.test(text))
          found.push({ path: inner, text: tightened(text) });
      }
    }
  };
  visit(folder);
  return found;
}
