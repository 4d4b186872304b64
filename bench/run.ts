/**
 * The benchmark's command line.
 *
 *     npm run bench -- --all                every figure of the documents in one run
 *     npm run bench                         every scenario, every server; writes docs/performance.md
 *     npm run bench -- echo rooms           some scenarios
 *     npm run bench -- --quick              tiny counts, 2 rounds: only checks that everything works
 *     npm run bench -- --growth             how costs grow; writes docs/performance.md
 *     npm run bench -- --imports            what the import costs; writes docs/performance.md
 *     npm run bench -- --scaling            several processes on brokers; writes docs/scaling-figures.md
 *     npm run bench -- --brokers [rest …]   what brokers cost, quickly: at rest, for a delivery, for a return
 *     npm run bench -- --micro [codec …]    the hot files alone
 *     npm run bench -- --against ../before  this checkout against another one, in alternating slices
 *     npm run bench -- --against . --metrics   what metrics cost
 *     npm run bench -- --against . --contract  what the check of an object of three fields costs
 *     npm run bench -- --report             docs/performance.md again, from bench/results/latest.json
 *
 * Further flags: see `usage`.
 */

import { rmSync } from "node:fs";
import { loadavg } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { providePrograms } from "../scripts/programs.mjs";
import { compare } from "./compare/comparison.ts";
import { type Study, studies, studyGrowth } from "./compare/growth.ts";
import { comparePairs } from "./compare/pairs.ts";
import { lastRunPath, latestPath, type Results, readResults, writeResults } from "./compare/results.ts";
import { summarise } from "./compare/summary.ts";
import { studyImports } from "./import/import-study.ts";
import type { Contestant } from "./processes/bench-run.ts";
import { importSection } from "./report/import-section.ts";
import { writeReport } from "./report/report.ts";
import { writeScalingReport } from "./report/scaling-report.ts";
import { busyGeneratorNote, formatRows, formatTable } from "./report/text.ts";
import { brokerCosts, studyBrokerCosts } from "./scaling/broker-costs.ts";
import { fullSize, quickSize, studyScaling } from "./scaling/scaling.ts";
import { scalingServers } from "./scaling/scaling-servers.ts";
import { scenarioNamed, scenarios } from "./scenarios/catalogue.ts";
import { object } from "./scenarios/object.ts";
import type { Scenario, Size } from "./scenarios/scenario.ts";
import { reference, type ServerProgram, serverNamed, servers } from "./servers/server-catalogue.ts";
import { divideCores } from "./system/cores.ts";
import { buildIfStale, installIfMissing } from "./system/preparation.ts";
import { openFilesLimit } from "./system/process-usage.ts";
import { hottest } from "./system/profile.ts";

const usage = `npm run bench -- [names] [flags]

  names                scenarios (with --growth: studies, with --micro: files, with --brokers: parts of the names of
                       figures, such as rest, delivery, return); default all
  --all                the scenarios, --imports, --growth and --scaling in one run, from which all figures in docs/
                       come. Each part is saved when it is done. The page says how long each took
  --quick              tiny counts, 2 rounds
  --imports            what it costs to import the package, compared with socket.io
  --growth             how costs grow with connections, rooms and members
  --scaling            what an event costs when 1, 2, 4 and 8 processes serve together
  --brokers            what brokers cost, in a few minutes: processes at rest, a delivery, a return to a warm process; with
                       --against also of that checkout. --rounds is 1 by default
  --micro              codec, outbox, broadcast, handling, rooms and scrape without a network
  --against FOLDER     the cost of this checkout as a fraction of that of another built checkout of Roomcast: pairs of
                       servers side by side, whose slices of load alternate; --rounds is the number of pairs
  --metrics            with --against: the servers of this checkout measure everything. \`--against . --metrics\` says what
                       metrics cost
  --contract           with --against: the servers of this checkout check events with Zod, in the scenario \`object\`.
                       \`--against . --contract\` says what a contract costs
  --report             write docs/performance.md, docs/scaling-figures.md and the tables that quote them from
                       bench/results/latest.json
  --servers a,b        only these servers, or \`all\`; default all but experiments, with --quick and --growth
                       roomcast and socket.io
  --rounds N           rounds; default 5, --imports 21, --growth and --scaling 3, --quick 2; with fewer nothing is
                       written to docs/
  --json FILE          write the raw results there
  --no-build           measure dist/ as it is; otherwise it is built where it is older than src/
  --profile            one round of one scenario under Node's profiler: where each server's time goes
  --list               the names of scenarios, studies and servers
  --help               this text`;

/** The two servers of the targets. */
const rivals = servers.filter(({ name }) => name === "roomcast" || name === reference);

/** The servers that need this checkout's build. */
const builtServers = ["roomcast", "roomcast-plain", "bridge", "roomcast-bun"];

const root = fileURLToPath(new URL("..", import.meta.url));
const profileFolder = join(root, "bench/results/profiles");

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    imports: { type: "boolean", default: false },
    growth: { type: "boolean", default: false },
    scaling: { type: "boolean", default: false },
    brokers: { type: "boolean", default: false },
    micro: { type: "boolean", default: false },
    against: { type: "string" },
    metrics: { type: "boolean", default: false },
    contract: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    servers: { type: "string" },
    rounds: { type: "string" },
    json: { type: "string" },
    build: { type: "boolean", default: true },
    profile: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
  allowNegative: true,
});

/** Whether the run is complete, so that its results may be published. */
const isWhole = names.length === 0 && flags.servers === undefined && !flags.quick && !flags.profile;

await main();

async function main(): Promise<void> {
  if (flags.help) say(usage);
  else if (flags.list) list();
  else if (flags.report) report();
  else if (flags.micro) await (await import("./micro/micro.ts")).runMicro(names, say);
  else if (flags.all) await measureAll();
  else if (flags.imports) measureImports();
  else if (flags.brokers) await measureBrokers();
  else if (flags.growth) await measureGrowth();
  else if (flags.scaling) await measureScaling();
  else if (flags.against !== undefined) await measureAgainst(flags.against);
  else await measureComparison();
}

async function measureAll(): Promise<void> {
  if (names.length > 0 || flags.servers !== undefined) fail("--all measures everything: name nothing.");
  if (flags.rounds !== undefined) fail("--all has its own number of rounds for each part.");
  await measureComparison();
  measureImports();
  await measureGrowth();
  await measureScaling();
}

function measureImports(): void {
  if (flags.build) buildIfStale(say);
  const imports = studyImports(rounds(flags.quick ? 2 : 21), say);
  say(`\n${importSection(imports)}`);
  save({ imports }, isWhole && imports.rounds >= 21);
}

async function measureComparison(): Promise<void> {
  const chosen = chosenScenarios();
  if (flags.profile && chosen.length !== 1)
    fail("--profile takes one scenario: `npm run bench -- echo --profile`.");
  const { contestants, missing } = prepare(
    chosenServers(flags.quick ? rivals : servers.filter(({ isExperiment }) => isExperiment !== true)),
  );
  const comparison = await compare(
    {
      contestants,
      scenarios: chosen,
      rounds: rounds(flags.profile ? 1 : flags.quick ? 2 : 5),
      sizeOf: ({ sizes }) => (flags.quick ? sizes.quick : flags.profile ? prolonged(sizes.full) : sizes.full),
      cores: divideCores(),
      missing,
    },
    say,
  );
  for (const scenario of chosen) showTable(scenario, { comparison });
  if (flags.profile) showProfiles();
  save({ comparison }, isWhole && comparison.rounds >= 5);
  endUnless(comparison.missing.length === missing.length);
}

async function measureAgainst(baseline: string): Promise<void> {
  if (flags.contract && names.length > 0)
    fail("--contract measures the scenario `object` alone: name no other.");
  if (flags.build) buildIfStale(say);
  warnIfBusy();
  const ratios = await comparePairs(
    {
      scenarios: flags.contract ? [object] : chosenScenarios(),
      baseline: resolve(baseline),
      arguments: [...(flags.metrics ? ["--metrics"] : []), ...(flags.contract ? ["--contract"] : [])],
      pairs: rounds(flags.quick ? 2 : 5),
      sizeOf: ({ sizes }) => (flags.quick ? sizes.quick : sizes.full),
      cores: divideCores(),
    },
    say,
  );
  const rows = ratios.map(({ scenario, ratio: { median, least, most } }) => [
    scenario,
    median.toFixed(3),
    `${least.toFixed(3)}–${most.toFixed(3)}`,
  ]);
  say(`\n${formatTable(["scenario", "this checkout / baseline", "least–most"], rows)}`);
}

async function measureGrowth(): Promise<void> {
  const chosen =
    names.length === 0
      ? studies
      : names.map((name) =>
          known(
            studies.find((study) => study.name === name),
            "study",
            name,
          ),
        );
  const { contestants, missing } = prepare(chosenServers(rivals));
  const growth = await studyGrowth(
    {
      contestants,
      studies: chosen,
      rounds: rounds(flags.quick ? 1 : 3),
      cores: divideCores(),
      missing,
      maxConnections: openFilesLimit() - 500,
      isQuick: flags.quick,
    },
    say,
  );
  save({ growth }, isWhole && growth.rounds >= 3);
  endUnless(growth.missing.length === missing.length);
}

async function measureScaling(): Promise<void> {
  const chosen =
    flags.servers === undefined
      ? scalingServers
      : flags.servers.split(",").map((name) =>
          known(
            scalingServers.find((server) => server.name === name),
            "server on a broker",
            name,
          ),
        );
  if (flags.build) buildIfStale(say);
  if (chosen.some(({ needsPackages }) => needsPackages)) installIfMissing(say);
  warnIfBusy();
  const scaling = await studyScaling(
    {
      servers: chosen,
      size: flags.quick ? quickSize : fullSize,
      rounds: rounds(flags.quick ? 1 : 3),
      cores: divideCores(),
    },
    say,
  );
  save({ scaling }, isWhole && scaling.rounds >= 3);
  endUnless(scaling.missing.length === 0);
}

async function measureBrokers(): Promise<void> {
  const costs = brokerCosts.filter(
    ({ name }) => names.length === 0 || names.some((part) => name.includes(part)),
  );
  if (costs.length === 0)
    fail(`No figure has such a name: ${brokerCosts.map(({ name }) => name).join("; ")}.`);
  if (flags.build) buildIfStale(say);
  warnIfBusy();
  const folders = [root, ...(flags.against === undefined ? [] : [flags.against])];
  await studyBrokerCosts({ costs, folders, rounds: rounds(1), cores: divideCores() }, say);
}

/** Prepares the servers, and reports those that cannot start. */
function prepare(wanted: readonly ServerProgram[]): { contestants: Contestant[]; missing: string[] } {
  if (flags.build && wanted.some(({ name }) => builtServers.includes(name))) buildIfStale(say);
  if (wanted.some(({ needsPackages }) => needsPackages)) installIfMissing(say);
  providePrograms(
    say,
    wanted.flatMap(({ needs }) => needs ?? []),
  );
  const contestants: Contestant[] = [];
  const missing: string[] = [];
  for (const program of wanted) {
    const command = program.find();
    if (typeof command === "string") {
      missing.push(`${program.title} was not measured: ${command}`);
      say(`${program.title} is skipped: ${command}.`);
    } else {
      contestants.push({ program, command: flags.profile && program.isNode ? profiled(command) : command });
    }
  }
  warnIfBusy();
  return { contestants, missing };
}

function warnIfBusy(): void {
  const [load = 0] = loadavg();
  if (load > 0.5) say(`The load average is ${load.toFixed(2)}: other programs disturb the measurement.`);
}

function profiled([node, ...args]: Contestant["command"]): Contestant["command"] {
  rmSync(profileFolder, { recursive: true, force: true });
  return [node, "--cpu-prof", `--cpu-prof-dir=${profileFolder}`, ...args];
}

/** A longer run, so that startup counts for little. */
function prolonged(size: Size): Size {
  return { ...size, messages: size.messages * 5 };
}

function showProfiles(): void {
  for (const { program, functions } of hottest(profileFolder, 25)) {
    say(`\nWhere the time of ${program} went`);
    say(
      formatTable(
        ["function", "share"],
        functions.map(({ name, share }) => [name, `${(share * 100).toFixed(1)} %`]),
      ),
    );
  }
}

function showTable(scenario: Scenario, { comparison }: Results): void {
  if (comparison === undefined) return;
  const rows = summarise(scenario, comparison.runs, comparison.servers);
  if (rows.length === 0) return;
  say(`\n${scenario.name}: ${scenario.description}\n\n${formatRows(scenario, rows)}`);
  if (rows.some((row) => row.generatorWasBusy)) say(`\n${busyGeneratorNote}`);
}

/** A complete run replaces the results in docs/performance.md; any other goes to a file outside Git. */
function save(results: Results, isEverything: boolean): void {
  if (flags.json !== undefined) {
    const path = isAbsolute(flags.json) ? flags.json : resolve(flags.json);
    writeResults(path, flags.all ? { ...readResults(path), ...results } : results);
  } else if (isEverything) {
    writeResults(latestPath, { ...readResults(latestPath), ...results });
    report();
  } else {
    writeResults(lastRunPath, results);
  }
}

function report(): void {
  const results = readResults(latestPath);
  const commits = new Set(
    [results.comparison, results.imports, results.growth, results.scaling].map((part) => part?.commit),
  );
  if (commits.size > 1)
    say("The parts of the results are from different commits: `--all` measures all of them.");
  for (const path of [...writeReport(results), ...writeScalingReport(results.scaling)]) say(`wrote ${path}`);
}

function list(): void {
  say(
    formatTable(
      ["scenario", "what"],
      scenarios.map(({ name, description }) => [name, description]),
    ),
  );
  say("");
  say(
    formatTable(
      ["study of growth", "what"],
      studies.map(({ name, title }: Study) => [name, title]),
    ),
  );
  say("");
  say(
    formatTable(
      ["server", "what"],
      servers.map(({ name, title }) => [name, title]),
    ),
  );
}

function chosenScenarios(): readonly Scenario[] {
  return names.length === 0 ? scenarios : names.map((name) => known(scenarioNamed(name), "scenario", name));
}

function chosenServers(byDefault: readonly ServerProgram[]): readonly ServerProgram[] {
  if (flags.servers === "all") return servers;
  return flags.servers === undefined
    ? byDefault
    : flags.servers.split(",").map((name) => known(serverNamed(name), "server", name));
}

function rounds(byDefault: number): number {
  if (flags.rounds === undefined) return byDefault;
  const count = Number(flags.rounds);
  if (!Number.isInteger(count) || count < 1) fail(`--rounds takes a number of rounds, not ${flags.rounds}.`);
  return count;
}

function known<T>(found: T | undefined, kind: string, name: string): T {
  return found ?? fail(`There is no ${kind} ${JSON.stringify(name)}; \`npm run bench -- --list\` names all.`);
}

function endUnless(isComplete: boolean): void {
  if (!isComplete) process.exitCode = 1;
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(2);
}

function say(line: string): void {
  console.log(line);
}
