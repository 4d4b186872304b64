/**
 * Writes what the package holds of its sources: few modules, and one file of declarations for each subpath.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { dts } from "rolldown-plugin-dts";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The files in `src/` that subpaths of the package stand for, by the names of their files in the package. */
const entries = {
  fastify: "fastify",
  index: "index",
  load: "load",
  nest: "nest",
  opentelemetry: "opentelemetry",
  prometheus: "prometheus",
  "socket.io": "compat/index",
};

/** The same for subpaths that run in browsers, too. They share no module with those above. */
const portableEntries = {
  asyncapi: "asyncapi",
  client: "client",
  contract: "contract",
  msgpack: "msgpack",
  react: "react",
};

/**
 * A name that `require()` takes in place of all others. With it, a program may call what it required. The
 * sources cannot have it: compilers before TypeScript 5.6 do not read declarations with such names.
 */
const requiredAs = {
  "socket.io": `
    import * as names from ENTRY;
    const make = (...values) => new names.Server(...values);
    const required = Object.assign(make, names);
    export * from ENTRY;
    export { default } from ENTRY;
    export { required as "module.exports" };
  `,
};

/** Modules that come with Node, or are installed beside the package. Of others, `dist/` has copies. */
const packages = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
const external = [/^node:/, ...packages.map((name) => new RegExp(`^${name}(/|$)`))];

/**
 * Writes the modules: one that every program loads, and those that only some load.
 *
 * @param {string} folder
 */
export async function writeModules(folder) {
  const eager = new Set();
  const build = await rolldown({
    input: inputs(entries, join(root, "src"), ".ts"),
    external,
    platform: "node",
    tsconfig: false,
    transform: { target: "node20" },
    plugins: [addRequired(), findEager(eager)],
    onLog: refuse,
  });
  try {
    await build.write({
      dir: folder,
      format: "es",
      comments: false,
      chunkFileNames: "[name].js",
      codeSplitting: {
        groups: [{ name: (id) => (eager.has(id) ? "roomcast" : null), debugName: "roomcast", minSize: 0 }],
      },
      plugins: [builtins, helpers, escaping],
    });
    copyFileSync(join(root, "node_modules/cookie/LICENSE"), join(folder, "cookie.LICENSE"));
  } finally {
    await build.close();
  }
}

/**
 * Writes the modules that run in browsers, too: they have no part of the server, so that bundles of pages
 * stay small.
 *
 * @param {string} folder
 */
export async function writePortableModules(folder) {
  const build = await rolldown({
    input: inputs(portableEntries, join(root, "src"), ".ts"),
    external,
    platform: "neutral",
    tsconfig: false,
    transform: { target: "es2022" },
    onLog: refuse,
  });
  try {
    await build.write({
      dir: folder,
      format: "es",
      comments: false,
      chunkFileNames: "portable/[name].js",
      plugins: [escaping],
    });
  } finally {
    await build.close();
  }
}

/**
 * Writes the program `roomcast`: a bundle of its own, so that it adds nothing to what servers load. Each
 * command is loaded when it runs.
 *
 * @param {string} folder
 */
export async function writeProgram(folder) {
  const build = await rolldown({
    input: { bin: join(root, "src/cli/bin.ts"), "dev-preload": join(root, "src/cli/dev/dev-preload.ts") },
    external,
    platform: "node",
    tsconfig: false,
    transform: { target: "node20" },
    onLog: refuse,
  });
  try {
    await build.write({
      dir: join(folder, "cli"),
      // Names of functions stay, for stack traces. Users open no line of it, as they do with what their
      // programs load.
      minify: { mangle: { keepNames: true }, compress: true, codegen: true },
      format: "es",
      comments: false,
      chunkFileNames: "[name].js",
      plugins: [builtins, escaping],
    });
    for (const name of ["cac", "picocolors"])
      copyFileSync(join(root, "node_modules", name, "LICENSE"), join(folder, "cli", `${name}.LICENSE`));
  } finally {
    await build.close();
  }
}

/**
 * Writes the dashboard's page: one script, one style sheet, and what they come with.
 *
 * @param {string} folder
 */
export async function writePage(folder) {
  const source = join(root, "src/dashboard/page");
  const target = join(folder, "dashboard");
  const chart = join(root, "node_modules/uplot");
  mkdirSync(target, { recursive: true });
  const build = await rolldown({
    input: join(source, "main.ts"),
    platform: "browser",
    tsconfig: false,
    transform: { target: "es2022" },
    onLog: refuse,
  });
  try {
    const output = { file: join(target, "page.js"), format: "es", comments: false, minify: true };
    await build.write({ ...output, codeSplitting: false });
  } finally {
    await build.close();
  }
  const sheets = [join(chart, "dist/uPlot.min.css"), join(source, "page.css")];
  writeFileSync(join(target, "page.css"), sheets.map((sheet) => readFileSync(sheet, "utf8")).join("\n"));
  for (const name of ["index.html", "icon.svg"]) copyFileSync(join(source, name), join(target, name));
  const licence = readFileSync(join(chart, "LICENSE"), "utf8");
  writeFileSync(join(target, "licences.txt"), `page.js and page.css contain uPlot:\n\n${licence}`);
}

/**
 * Checks the types of the sources, and writes the declarations.
 *
 * @param {string} folder
 * @throws Error when the compiler reports errors
 */
export async function writeDeclarations(folder) {
  const single = mkdtempSync(join(tmpdir(), "roomcast-declarations-"));
  try {
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { status, error } = spawnSync(
      process.execPath,
      [compiler, "-p", "tsconfig.build.json", "--outDir", single],
      { cwd: root, stdio: "inherit" },
    );
    if (status !== 0) throw new Error(`the compiler reported errors${error ? `: ${error.message}` : ""}.`);
    // One build for each subpath: what two of them share would move into a third file, and programs could not
    // add to the interfaces there by `declare module "roomcast"`.
    for (const [name, path] of Object.entries(inputs({ ...entries, ...portableEntries }, single, ".d.ts"))) {
      const build = await rolldown({
        input: { [name]: path },
        external,
        plugins: [
          ...(name === "index" ? [] : [otherEntries(single, name)]),
          dts({ dtsInput: true, sourcemap: false }),
        ],
        onLog: refuse,
      });
      try {
        await build.write({
          dir: folder,
          format: "es",
          plugins: [{ name: "paths", renderChunk: withoutPaths }],
        });
      } finally {
        await build.close();
      }
    }
  } finally {
    rmSync(single, { recursive: true, force: true });
  }
}

/** Has subpaths name the classes of others as users do: a copy of one would be another class. */
function otherEntries(folder, own) {
  const names = new Map([
    [join(folder, "app/socketio.ts"), manifest.name],
    [join(folder, "compat/index.ts"), `${manifest.name}/socket.io`],
    ...(own === "client" ? [] : [[join(folder, "browser/client-socket.ts"), `${manifest.name}/client`]]),
  ]);
  return {
    name: "other entries",
    resolveId(source, importer) {
      const id = importer === undefined ? undefined : names.get(resolve(dirname(importer), source));
      return id === undefined ? null : { id, external: true };
    },
  };
}

/** Adds what `require()` gives to the modules of {@link requiredAs}. */
function addRequired() {
  const mark = "?required";
  return {
    name: "required names",
    resolveId(id, importer) {
      const name = Object.keys(requiredAs).find((key) => id === join(root, "src", `${entries[key]}.ts`));
      return name === undefined || importer?.endsWith(mark) ? null : `${id}${mark}`;
    },
    load(id) {
      if (!id.endsWith(mark)) return null;
      const path = id.slice(0, -mark.length);
      const name = Object.keys(requiredAs).find((key) => path === join(root, "src", `${entries[key]}.ts`));
      return requiredAs[name].replaceAll("ENTRY", JSON.stringify(path));
    },
  };
}

/** Finds the modules that every program loads: those that `index` imports without `import()`. */
function findEager(found) {
  return {
    name: "eager modules",
    buildEnd() {
      const visit = (id) => {
        const module = this.getModuleInfo(id);
        if (found.has(id) || module === null || module.isExternal) return;
        found.add(id);
        module.importedIds.forEach(visit);
      };
      visit(join(root, "src", `${entries.index}.ts`));
    },
  };
}

/** Has files take the modules of Node as fast as they can. */
const builtins = {
  name: "builtins",
  renderChunk(code, { name }) {
    const result = takeBuiltins(code);
    return name === "roomcast" || name === "bin" ? checkNode(result) : result;
  },
};

/** Has the file that every program loads hold the helpers of rolldown itself: one file more costs 0.8 ms. */
const helpers = {
  name: "helpers",
  generateBundle(_options, files) {
    const { "roomcast.js": main, "rolldown-runtime.js": runtime } = files;
    const imported = /^import \{[^}]*\} from "\.\/rolldown-runtime\.js";\n/m;
    if (runtime === undefined || !imported.test(main.code)) return;
    // Its names are those under which they are imported.
    main.code = main.code.replace(imported, () => runtime.code.replace(/^export .*\n?/m, ""));
  },
};

/** Escapes characters in finished files. */
const escaping = {
  name: "escaping",
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type === "chunk") file.code = escapeCharacters(file.code);
    }
  },
};

/**
 * Escapes the characters beyond ASCII. V8 keeps a file with one character beyond Latin-1 in two bytes for
 * each character.
 */
function escapeCharacters(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Takes the modules of Node without `import`. An import reads every name that a module has, and some names
 * load more modules when they are read: `WebSocket` of `node:http` costs 25 ms on Node 22 and later.
 * OpenTelemetry's instrumentations see this way, and imports only with a loader hook.
 */
function takeBuiltins(code) {
  const lines = code.split("\n");
  const end = lines.findIndex((line) => !/^(import |#!)/.test(line));
  const head = lines.slice(0, end).map((line) => {
    const [, module] = / from "(node:[^"]+)";$/.exec(line) ?? [];
    if (module === undefined) return line;
    const [, names] = /^import (\w+|\{[^{}]+\}|\* as \w+) from /.exec(line) ?? [];
    if (names === undefined) throw new Error(`an import is of no known form: ${line}`);
    return `const ${names.replace("* as ", "").replaceAll(" as ", ": ")} = process.getBuiltinModule("${module}");`;
  });
  return [...head, ...lines.slice(end)].join("\n");
}

/** Has an old Node say that it is too old, in the files that every program runs first. */
function checkNode(code) {
  const oldest = /\d+\.\d+/.exec(manifest.engines.node)[0];
  const message = `Roomcast needs Node ${oldest} or newer. This is Node \${process.versions.node}.`;
  const check = `if (process.getBuiltinModule === undefined) throw new Error(\`${message}\`);`;
  return code.replace(/^(#!.*\n)?/, (first) => `${first}${check}\n`);
}

function inputs(given, folder, extension) {
  const paths = Object.entries(given).map(([name, path]) => [name, join(folder, `${path}${extension}`)]);
  return Object.fromEntries(paths);
}

/** Removes the comments that name the file of each part: they lie in a folder that is gone. */
function withoutPaths(code) {
  return code.replace(/^\/\/.*\.d\.ts\n/gm, "");
}

/** A warning is a mistake: an import that was not found, for one, would be left in the package as it is. */
function refuse(level, { code, message }) {
  if (level === "warn" && code !== "PLUGIN_TIMINGS") throw new Error(message);
}
