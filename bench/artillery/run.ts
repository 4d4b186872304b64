/**
 * Compares `roomcast load` with artillery's Socket.IO engine, on the same core and against the same server:
 *
 *     npm run bench:artillery
 *
 * 50 clients call an event and wait for its answer, 400 times each. Artillery is installed in a folder of the
 * system's for temporary files, in one version. Not part of CI.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { formatTable } from "../report/text.ts";
import { type Command, divideCores, pinned } from "../system/cores.ts";
import { buildIfStale } from "../system/preparation.ts";
import { hasProc, readCpu } from "../system/process-usage.ts";

const artilleryVersion = "2.0.21";
const [clients, calls] = [50, 400];

const root = fileURLToPath(new URL("../..", import.meta.url));
const installed = join(tmpdir(), `roomcast-artillery-${artilleryVersion}`);

/** What one run of a load generator came to. */
interface Outcome {
  readonly name: string;
  readonly events: number;
  /** From the first event to the last. */
  readonly seconds: number;
  /** The processor time of the whole process, with its start. */
  readonly cpuSeconds: number;
}

const say = (line: string) => console.log(line);
buildIfStale(say);
if (!existsSync(join(installed, "node_modules/artillery"))) {
  say(`Installing artillery ${artilleryVersion} in ${installed} (once, about 250 MB).`);
  mkdirSync(installed, { recursive: true });
  const flags = ["--prefix", installed, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", ["install", ...flags, `artillery@${artilleryVersion}`], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("artillery could not be installed.");
}

const cores = divideCores();
const own = cores.load.slice(0, 1);
const folder = mkdtempSync(join(tmpdir(), "roomcast-artillery-run-"));
const server = start(
  [process.execPath, join(root, "bench/artillery/server.mjs")],
  cores.server === null ? [] : [cores.server],
);
try {
  if (server.stdout === null) throw new Error("The server has no output.");
  const [url] = (await once(createInterface(server.stdout), "line")) as [string];
  const outcomes = [await runArtillery(url), await runScenario(url), await runRate(url)];
  const [base] = outcomes;
  const rate = ({ events, seconds }: Outcome) => events / seconds;
  say(
    formatTable(
      ["", "events", "events/s", "compared", "µs of processor per event"],
      outcomes.map((outcome) => [
        outcome.name,
        String(outcome.events),
        rate(outcome).toFixed(0),
        base === undefined ? "" : (rate(outcome) / rate(base)).toFixed(1),
        ((outcome.cpuSeconds / outcome.events) * 1e6).toFixed(1),
      ]),
    ),
  );
} finally {
  server.kill();
  rmSync(folder, { recursive: true });
}

async function runArtillery(url: string): Promise<Outcome> {
  const plan = join(folder, "plan.json");
  const report = join(folder, "report.json");
  const step = { emit: ["say", "hello"], acknowledge: { match: { value: "hello" } } };
  writeFileSync(
    plan,
    JSON.stringify({
      config: {
        target: url,
        phases: [{ duration: 1, arrivalCount: clients }],
        socketio: { transports: ["websocket"] },
      },
      scenarios: [{ engine: "socketio", flow: [{ loop: [step], count: calls }] }],
    }),
  );
  const program = join(installed, "node_modules/artillery/bin/run");
  const used = await finish([process.execPath, program, "run", "--quiet", "--output", report, plan], {
    // On one core, one worker is fastest.
    WORKERS: "1",
    ARTILLERY_DISABLE_TELEMETRY: "true",
  });
  const { aggregate } = JSON.parse(readFileSync(report, "utf8")) as {
    aggregate: { counters: Record<string, number>; firstCounterAt: number; lastCounterAt: number };
  };
  return {
    name: `artillery ${artilleryVersion}`,
    events: aggregate.counters["socketio.emit"] ?? 0,
    seconds: (aggregate.lastCounterAt - aggregate.firstCounterAt) / 1000,
    cpuSeconds: used.cpuSeconds,
  };
}

/** The same scenario, client by client. */
async function runScenario(url: string): Promise<Outcome> {
  const path = join(folder, "scenario.mjs");
  writeFileSync(
    path,
    `let [began, done] = [0, 0];
    export default {
      clients: ${clients}, ramp: 0, duration: "10s",
      async run({ call, time }) {
        if (began === 0) began = performance.now();
        for (let count = 0; count < ${calls}; count++) await call("say", "hello");
        if (++done === ${clients}) time("all", performance.now() - began);
      },
    };`,
  );
  return runLoad("roomcast load --scenario", [url, "--scenario", path]);
}

/** The same calls at a rate that is beyond what a core can do. */
function runRate(url: string): Promise<Outcome> {
  const flags = ["--clients", String(clients), "--ramp", "1s", "--event", "say", "--data", "hello", "--call"];
  return runLoad("roomcast load --event", [url, ...flags, "--rate", "100000", "--for", "3s"]);
}

async function runLoad(name: string, flags: readonly string[]): Promise<Outcome> {
  const program = join(root, "dist/cli/bin.js");
  const { output, cpuSeconds } = await finish([process.execPath, program, "load", ...flags, "--json"]);
  const { answers, answerRate, times, errors } = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  if (Object.keys(errors).length > 0) throw new Error(`${name} failed: ${JSON.stringify(errors)}`);
  const seconds = times.all === undefined ? answers.count / answerRate : times.all.max / 1000;
  return { name, events: answers.count, seconds, cpuSeconds };
}

function start(command: Command, on: readonly number[], env: Record<string, string> = {}): ChildProcess {
  const [file, ...args] = pinned(command, on);
  return spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
}

/** Runs a load generator on its core. */
async function finish(
  command: Command,
  env: Record<string, string> = {},
): Promise<{ output: string; cpuSeconds: number }> {
  const child = start(command, own, env);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  // What a process has used can be read only while it is there.
  let cpu = { user: 0, system: 0 };
  const reading = setInterval(() => {
    if (child.pid !== undefined && hasProc && existsSync(`/proc/${child.pid}`))
      cpu = readCpu(child.pid).coarse;
  }, 50);
  const [code] = (await once(child, "close")) as [number];
  clearInterval(reading);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${output}`);
  return { output, cpuSeconds: (cpu.user + cpu.system) / 1e6 };
}
