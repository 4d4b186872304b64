/** Writes a new project. Its packages have the versions that this version of Roomcast is tested with. */

import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { quoted } from "../../base/printable.ts";
import { CommandFailure, exitCodes, usageFailure } from "../exit-code.ts";
import {
  chatPage,
  chatProgram,
  chatTest,
  compilerSettings,
  jsonFile,
  type ProjectTemplate,
  type TemplateName,
} from "./project-template.ts";
import { reactTemplate } from "./react-template.ts";
import { expressTemplate, fastifyTemplate, honoTemplate, plainTemplate } from "./server-templates.ts";

/** What a project is made of. */
export interface ProjectPlan {
  readonly folder: string;
  readonly template: TemplateName;
  /** What the manifest says of `roomcast`: versions, or a file. */
  readonly roomcast: string;
  /** Versions of other packages, by their names. */
  readonly versions: Readonly<Record<string, string>>;
}

const templates: Readonly<Record<TemplateName, ProjectTemplate>> = {
  plain: plainTemplate,
  express: expressTemplate,
  hono: honoTemplate,
  fastify: fastifyTemplate,
  react: reactTemplate,
};

/** Files that may lie in the folder of a new project: those of git, and of the desktop. */
const harmless: ReadonlySet<string> = new Set([".git", ".DS_Store"]);

/**
 * Checks that a folder has room for a project.
 *
 * @throws CommandFailure when it has files
 */
export function requireEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw usageFailure(`${quoted(folder)} is a file. Give a new folder.`);
  const files = readdirSync(folder).filter((name) => !harmless.has(name));
  if (files.length === 0) return;
  throw new CommandFailure(
    exitCodes.refused,
    `The folder ${quoted(folder)} is not empty (${files.slice(0, 3).map(quoted).join(", ")}). Give a new one, such as \`roomcast init chat\`.`,
  );
}

/**
 * Writes a project.
 *
 * @returns the paths of its files
 * @throws CommandFailure when the folder is not empty
 */
export function writeProject(plan: ProjectPlan): string[] {
  requireEmpty(plan.folder);
  const files = projectFiles(plan);
  for (const [path, text] of Object.entries(files)) {
    const whole = join(plan.folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
  }
  return Object.keys(files);
}

/** The files of a project, by path. */
export function projectFiles({ folder, template, roomcast, versions }: ProjectPlan): Record<string, string> {
  const { files, dependencies, devDependencies } = templates[template];
  const isPage = template === "react";
  const name = packageName(folder);
  const manifest = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines: { node: ">=20.19" },
    scripts: {
      dev: "roomcast dev server.ts",
      start: isPage ? "vite build && tsx server.ts --production" : "tsx server.ts",
      test: "node --import tsx --test test/chat.test.ts",
      types: "tsc",
    },
    dependencies: { roomcast, ...versionsOf(dependencies, versions) },
    devDependencies: versionsOf(devDependencies, versions),
  };
  return {
    "package.json": jsonFile(manifest),
    "tsconfig.json": compilerSettings(isPage),
    ".gitignore": "node_modules\ndist\n",
    "README.md": readme(name),
    "chat.ts": chatProgram,
    ...files,
    ...(isPage ? {} : { "public/index.html": chatPage }),
    "test/chat.test.ts": chatTest,
  };
}

function versionsOf(
  names: readonly string[],
  versions: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const version = versions[name];
      if (version === undefined) throw new Error(`No version of ${name} is known.`);
      return [name, version];
    }),
  );
}

/** A name that npm takes, from that of the folder. */
export function packageName(folder: string): string {
  const name = basename(resolve(folder)).toLowerCase();
  const allowed = [...name].map((character) => (/[a-z0-9-]/.test(character) ? character : "-")).join("");
  return allowed.replace(/^-+|-+$/g, "") || "chat";
}

function readme(name: string): string {
  return `# ${name}

A chat with [Roomcast](https://github.com/roomcast/roomcast).

\`\`\`sh
npm install
npm run dev      # starts the server, again after each change, with a dashboard
npm test
npm run types    # checks the types
npm start        # as in production
\`\`\`

Open <http://localhost:5000/?name=Ada> and <http://localhost:5000/?name=Bob> in two windows.

- \`chat.ts\` has the handlers of events, and \`test/chat.test.ts\` tests them without a port.
- \`server.ts\` serves them, and the page.
`;
}
