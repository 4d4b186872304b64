/**
 * Runs every check that a finished change must pass: types, lint, build, tests.
 *
 *     npm test                       everything, in that order; a failure ends the run with its exit code
 *     npm test -- outbox -t merges   only the tests; the arguments go to vitest
 *
 * The last line is always `N passed, N failed`, or `N passed, N failed, N skipped`, alone. It says `0 failed`
 * exactly when the exit code is 0: a fault outside of a test (a step, a test file that does not load, an
 * error that no test caught, a run without a single test) counts as one failure.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { providePrograms } from "./programs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const installed = (path) => join(root, "node_modules", path);

const steps = [
  { name: "types", command: [installed("typescript/bin/tsc"), "-p", "tsconfig.json"] },
  // Browsers know other names than Node.
  { name: "types of the page", command: [installed("typescript/bin/tsc"), "-p", "src/dashboard/page"] },
  { name: "lint", command: [installed("@biomejs/biome/bin/biome"), "check", "--error-on-warnings"] },
  { name: "build", command: [join(root, "scripts/build.mjs")] },
  // A program each, because a contract applies to everything that is compiled with it. They read the types
  // of the build.
  { name: "types of the examples", command: [installed("typescript/bin/tsc"), "-b", "examples"] },
];

const vitestArguments = process.argv.slice(2);
process.exitCode = await run();

/** Runs the requested steps, and returns the exit code. */
async function run() {
  if (!existsSync(installed("vitest"))) {
    console.error("The packages are not installed: run `npm ci` first.");
    return finish(1, { passed: 0, failed: 1, skipped: 0 });
  }
  for (const step of vitestArguments.length === 0 ? steps : []) {
    const code = await runStep(step);
    if (code !== 0) return finish(code, { passed: 0, failed: 1, skipped: 0 });
  }
  let variables;
  try {
    variables = providePrograms((line) => console.log(line));
  } catch (error) {
    console.error(error.message);
    return finish(1, { passed: 0, failed: 1, skipped: 0 });
  }
  return runTests(variables);
}

/** One step before the tests: a line when it is done, its output only when it failed. */
async function runStep({ name, command }) {
  const started = performance.now();
  const { code, output } = await execute(command, { quiet: true });
  if (code !== 0) process.stdout.write(output);
  announce(name, code, started);
  return code;
}

/** The tests, and the counts that vitest wrote down. */
async function runTests(variables) {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-test-"));
  const report = join(folder, "report.json");
  const started = performance.now();
  try {
    const { code } = await execute(
      [
        installed("vitest/vitest.mjs"),
        "run",
        ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
        ...vitestArguments,
      ],
      { variables },
    );
    announce("tests", code, started);
    return judge(code, existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Turns vitest's exit code and report into the last line and the exit code. */
function judge(code, report) {
  if (!report) {
    console.error("vitest ended without a report.");
    return finish(code || 1, { passed: 0, failed: 1, skipped: 0 });
  }
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  for (const { name } of broken)
    console.error(`A test file failed outside its tests: ${name.replace(root, "")}`);
  counts.failed += broken.length;
  if (counts.passed + counts.failed === 0) {
    console.error("No test ran, and that is a failure.");
    counts.failed = 1;
  } else if (code !== 0 && counts.failed === 0) {
    console.error("vitest failed although no test did; its output above says why.");
    counts.failed = 1;
  }
  return finish(counts.failed > 0 ? code || 1 : 0, counts);
}

/** Prints the last line. */
function finish(code, { passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return code;
}

function announce(name, code, started) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}: ${code === 0 ? "ok" : `failed with exit code ${code}`}, ${seconds} s`);
}

/** Runs a Node program in the repository. A program that was ended by a signal counts as exit code 1. */
function execute([program, ...args], { quiet = false, variables = {} }) {
  return new Promise((resolve) => {
    const color = quiet && process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: "1" } : {};
    const child = spawn(process.execPath, [program, ...args], {
      cwd: root,
      env: { ...process.env, ...color, ...variables },
      stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => chunks.push(Buffer.from(`${error.message}\n`)));
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks) }));
  });
}
