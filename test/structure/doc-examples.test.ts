import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "roomcast-examples-"));

const pages = [
  "README.md",
  "SKILL.md",
  "llms.txt",
  ...["docs", "docs/reference"].flatMap((folder) =>
    readdirSync(join(root, folder))
      // The tutorial builds one program, whose parts test/runtime/tutorial.test.ts runs.
      .filter((name) => name.endsWith(".md") && !name.startsWith("tutorial"))
      .map((name) => `${folder}/${name}`),
  ),
];

/** The globals that an example may use without an import. */
const declared = `
declare const app: import("express").Express;
declare const socketio: import("roomcast").SocketIO;
`;

/**
 * Pages whose programs consist of files. Those of `docs/clients.md` need frameworks that are not installed,
 * and the tutorial's are run by a test of its own.
 */
const pagesWithFiles = [
  "docs/authentication.md",
  "docs/client-connection.md",
  "docs/contract.md",
  "docs/react.md",
  "docs/testing.md",
];

interface Example {
  /** Its file, in the folder of its program. */
  readonly file: string;
  readonly page: string;
  /** The line of the page on which the fence stands: the number of lines before the code. */
  readonly line: number;
  readonly code: string;
}

describe("the examples in TypeScript", () => {
  const examples = pages.flatMap((page) => examplesOf(readFileSync(join(root, page), "utf8"), page));

  afterAll(() => rmSync(folder, { recursive: true }));

  it("compile in a strict project", () => {
    expect(examples.length).toBeGreaterThan(20);
    const ofFiles = pagesWithFiles.map((page) => programsOf(readFileSync(join(root, page), "utf8"), page));
    for (const files of ofFiles) expect(files.length).toBeGreaterThan(2);
    // An augmentation of the module holds for a whole program, so each such example is a program of its own.
    const all = [...examples.map((example) => [example]), ...ofFiles];
    const augments = (program: readonly Example[]) =>
      program.some(({ code }) => code.includes("declare module"));
    const programs = [all.filter((program) => !augments(program)).flat(), ...all.filter(augments)];
    expect(programs.flatMap(faults)).toEqual([]);
    // The compiler runs once for each program, on a machine that may be busy.
  }, 300_000);

  it("are put together where a program consists of files, and a later file replaces one of its name", () => {
    const fence = (name: string) => `\`\`\`ts ${name}\ncode\n\`\`\`\n`;
    const files = programsOf(["a.ts", "b.ts", "a.ts", "c.ts"].map(fence).join("text\n"), "a.md");
    expect(files.map(({ file, line }) => [file, line])).toEqual([
      ["a.md-0/a.ts", 1],
      ["a.md-0/b.ts", 5],
      ["a.md-1/b.ts", 5],
      ["a.md-1/a.ts", 9],
      ["a.md-1/c.ts", 13],
    ]);
  });

  it("are told apart when they do not", () => {
    const example = {
      file: "0.ts",
      page: "a.md",
      line: 10,
      code: 'import { emit } from "roomcast";\nemit(1);',
    };
    expect(faults([example], 0).map((fault) => fault.split(":").slice(0, 2).join(":"))).toEqual(["a.md:12"]);
  });
});

/** The blocks of a page that are marked as `ts` alone. Blocks with a path are parts of that file. */
function examplesOf(markdown: string, page: string): Example[] {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ 1: code = "", index }) => ({
    file: `${page.replaceAll("/", "-")}-${index}.ts`,
    page,
    line: markdown.slice(0, index).split("\n").length,
    code,
  }));
}

/**
 * The files of a page's programs. A name that comes again begins the next program, which has the other files
 * of the one before.
 */
function programsOf(markdown: string, page: string): Example[] {
  const programs: Map<string, Example>[] = [new Map()];
  for (const { 1: name = "", 2: code = "", index } of markdown.matchAll(/^```ts (\S+)\n([\s\S]*?)^```/gm)) {
    const latest = programs.at(-1) ?? new Map<string, Example>();
    const program = latest.has(name) ? new Map(latest) : latest;
    if (program !== latest) programs.push(program);
    program.delete(name);
    program.set(name, { file: name, page, line: markdown.slice(0, index).split("\n").length, code });
  }
  return programs.flatMap((program, index) =>
    [...program.values()].map((example) => ({
      ...example,
      file: `${page.replaceAll("/", "-")}-${index}/${example.file}`,
    })),
  );
}

/** What the compiler finds in examples that belong to one program, with their places on the pages. */
function faults(examples: readonly Example[], program: number): string[] {
  const project = join(folder, String(program));
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project);
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"), "junction");
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(project, "declared.d.ts"), declared);
  for (const { file, code } of examples) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), `${code}\nexport {};\n`);
  }
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        paths: {
          roomcast: [join(root, "src/index.ts")],
          "roomcast/client": [join(root, "src/client.ts")],
          "roomcast/asyncapi": [join(root, "src/asyncapi.ts")],
          "roomcast/contract": [join(root, "src/contract.ts")],
          "roomcast/fastify": [join(root, "src/fastify.ts")],
          "roomcast/load": [join(root, "src/load.ts")],
          "roomcast/msgpack": [join(root, "src/msgpack.ts")],
          "roomcast/nest": [join(root, "src/nest.ts")],
          "roomcast/opentelemetry": [join(root, "src/opentelemetry.ts")],
          "roomcast/prometheus": [join(root, "src/prometheus.ts")],
          "roomcast/react": [join(root, "src/react.ts")],
          "roomcast/socket.io": [join(root, "src/compat/index.ts")],
        },
        typeRoots: [join(root, "node_modules/@types")],
        // Nest's decorators are of the older kind.
        experimentalDecorators: true,
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: ["**/*.ts"],
    }),
  );
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { stdout, error } = spawnSync(process.execPath, [compiler, "-p", project, "--pretty", "false"], {
    cwd: project,
    encoding: "utf8",
  });
  if (error) throw error;
  // Another check finds the faults of the sources.
  return [...stdout.matchAll(/^(\S+\.ts)\((\d+),\d+\): (.*)$/gm)].flatMap(([, file, line, text]) => {
    const example = examples.find((each) => each.file === file);
    return example === undefined ? [] : `${example.page}:${example.line + Number(line)}: ${text}`;
  });
}
