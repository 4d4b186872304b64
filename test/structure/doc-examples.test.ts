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
import { join } from "node:path";
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

interface Example {
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
    // An augmentation of the module holds for a whole program, so each such example is a program of its own.
    const augments = (example: Example) => example.code.includes("declare module");
    const programs = [
      examples.filter((example) => !augments(example)),
      ...examples.filter(augments).map((example) => [example]),
    ];
    expect(programs.flatMap(faults)).toEqual([]);
    // The compiler runs once for each program, on a machine that may be busy.
  }, 120_000);

  it("are told apart when they do not", () => {
    const example = { page: "a.md", line: 10, code: 'import { emit } from "roomcast";\nemit(1);' };
    expect(faults([example], 0).map((fault) => fault.split(":").slice(0, 2).join(":"))).toEqual(["a.md:12"]);
  });
});

/** The blocks of a page that are marked as `ts` alone. Blocks with a path are parts of that file. */
function examplesOf(markdown: string, page: string): Example[] {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ 1: code = "", index }) => ({
    page,
    line: markdown.slice(0, index).split("\n").length,
    code,
  }));
}

/** What the compiler finds in examples that belong to one program, with their places on the pages. */
function faults(examples: readonly Example[], program: number): string[] {
  const project = join(folder, String(program));
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project);
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"), "junction");
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(project, "declared.d.ts"), declared);
  examples.forEach(({ code }, index) => {
    writeFileSync(join(project, `${index}.ts`), `${code}\nexport {};\n`);
  });
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        paths: { roomcast: [join(root, "src/index.ts")] },
        typeRoots: [join(root, "node_modules/@types")],
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: ["*.ts"],
    }),
  );
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { stdout, error } = spawnSync(process.execPath, [compiler, "-p", project, "--pretty", "false"], {
    cwd: project,
    encoding: "utf8",
  });
  if (error) throw error;
  // Another check finds the faults of the sources.
  return [...stdout.matchAll(/^(\d+)\.ts\((\d+),\d+\): (.*)$/gm)].map(([, index, line, text]) => {
    const example = examples[Number(index)];
    return `${example?.page}:${(example?.line ?? 0) + Number(line)}: ${text}`;
  });
}
