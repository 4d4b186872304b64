/** Reads contracts: from modules that export them, and from AsyncAPI documents that were written before. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { errorText } from "../../base/foreign-value.ts";
import { nearest } from "../../base/options.ts";
import { printable, quoted } from "../../base/printable.ts";
import { asyncapi } from "../../contract/asyncapi-document.ts";
import { type DefinedContract, isContract } from "../../contract/contract.ts";
import { usageFailure } from "../exit-code.ts";
import { isObject, type JsonValue } from "./json-pointer.ts";

/** A contract for `/`, or contracts by namespace. */
type ExportedContract = DefinedContract | Readonly<Record<string, DefinedContract>>;

/** How a document of a contract is made. */
export interface DocumentOptions {
  /** Which export of the module; not needed where there is only one. */
  readonly exported?: string | undefined;
  /** Default: the name of the package. */
  readonly title?: string | undefined;
  /** Default: the version of the package. */
  readonly version?: string | undefined;
}

/**
 * Makes the document of the contract that a module exports.
 *
 * @throws CommandFailure when the module cannot be loaded, or has no such contract
 */
export async function documentOf(path: string, options: DocumentOptions): Promise<JsonValue> {
  const full = existingFile(path);
  const contract = chosen(contractsIn(await loadModule(full, path)), { path, name: options.exported });
  const own = packageOf(full);
  const title = options.title ?? own.name ?? basename(full).replace(/\.\w+$/, "");
  const document = asyncapi(contract, { title, version: options.version ?? own.version ?? "0.0.0" });
  // A document is compared as it is once it was written.
  return JSON.parse(JSON.stringify(document)) as JsonValue;
}

/**
 * Reads a document, or makes that of a module.
 *
 * @throws CommandFailure for a file that has neither
 */
export async function readDocument(path: string, options: DocumentOptions): Promise<JsonValue> {
  if (!path.endsWith(".json")) return documentOf(path, options);
  const text = readFileSync(existingFile(path), "utf8");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw usageFailure(`${quoted(path)} is no JSON: ${printable(errorText(error))}`);
  }
  if (!isObject(document) || !/^3\./.test(String(document.asyncapi)) || !isObject(document.operations))
    throw usageFailure(
      `${quoted(path)} is no AsyncAPI 3 document. Write one: roomcast contract asyncapi <module> --out ${quoted(path)}`,
    );
  return document;
}

function existingFile(path: string): string {
  const full = resolve(path);
  if (!existsSync(full)) throw usageFailure(`The file ${quoted(path)} is not there.`);
  if (!statSync(full).isFile())
    throw usageFailure(`${quoted(path)} is a folder. Give the module that exports the contract.`);
  return full;
}

async function loadModule(full: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  if (path.endsWith(".json"))
    throw usageFailure(`${quoted(path)} is a document already: give the module that exports the contract.`);
  if (!/\.[cm]?[jt]sx?$/.test(path))
    throw usageFailure(
      `${quoted(path)} is neither a module of JavaScript or TypeScript nor a document (.json).`,
    );
  const { href } = pathToFileURL(full);
  const load = /\.[cm]?tsx?$/.test(path) ? await typescriptLoader(full, path) : undefined;
  try {
    return load === undefined ? await import(href) : await load(href, href);
  } catch (error) {
    throw usageFailure(notLoaded(path, error));
  }
}

/** Loads a module, as seen from another one. */
type ModuleLoader = (specifier: string, parent: string) => Promise<Readonly<Record<string, unknown>>>;

/** What loads TypeScript: the project's `tsx`; nothing where the runtime does it by itself. */
async function typescriptLoader(full: string, path: string): Promise<ModuleLoader | undefined> {
  if (process.versions.bun !== undefined) return undefined;
  const loader = tsxApi(full);
  if (loader === undefined) {
    if ((process.features as { typescript?: unknown }).typescript) return undefined;
    throw usageFailure(
      `${quoted(path)} is TypeScript, which this version of Node does not load by itself: npm install --save-dev tsx`,
    );
  }
  const { tsImport } = (await import(pathToFileURL(loader).href)) as { tsImport: ModuleLoader };
  return tsImport;
}

/** The part of the project's `tsx` that loads modules. Its twin for `require` fails, so imports' is taken. */
function tsxApi(full: string): string | undefined {
  try {
    const manifest = createRequire(full).resolve("tsx/package.json");
    const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as {
      exports: { "./esm/api": { import: { default: string } } };
    };
    return join(dirname(manifest), exports["./esm/api"].import.default);
  } catch {
    // It is not installed, or too old to have that.
    return undefined;
  }
}

function notLoaded(path: string, error: unknown): string {
  const text = errorText(error);
  const [, missing] = /^Cannot find (?:package|module) '([^']+)'/.exec(text) ?? [];
  if (missing === undefined || /^[./\\]|^\w+:/.test(missing))
    return `${quoted(path)} cannot be loaded: ${printable(text.split("\n")[0] ?? "")}`;
  const [name] = /^(?:@[^/]+\/)?[^/]+/.exec(missing) ?? [missing];
  return `${quoted(path)} imports ${quoted(missing)}, which is not installed: npm install ${printable(name)}`;
}

/** The contracts among the exports of a module, by name; each one once. */
function contractsIn(module: Readonly<Record<string, unknown>>): ReadonlyMap<string, ExportedContract> {
  const found = new Map<string, ExportedContract>();
  const seen = new Set<unknown>();
  const add = (exports: object) => {
    for (const [name, value] of Object.entries(exports)) {
      if (seen.has(value) || !isExportedContract(value)) continue;
      seen.add(value);
      found.set(name, value);
    }
  };
  add(module);
  // What a CommonJS module exports comes as its default.
  const { default: all } = module;
  if (typeof all === "object" && all !== null && !isExportedContract(all)) add(all);
  return found;
}

function isExportedContract(value: unknown): value is ExportedContract {
  if (isContract(value)) return true;
  const entries = isObject(value) ? Object.entries(value) : [];
  return entries.length > 0 && entries.every(([name, part]) => name.startsWith("/") && isContract(part));
}

function chosen(
  contracts: ReadonlyMap<string, ExportedContract>,
  { path, name }: { path: string; name: string | undefined },
): ExportedContract {
  const names = [...contracts.keys()];
  const listed = names.join(", ");
  if (names.length === 0)
    throw usageFailure(
      `${quoted(path)} exports no contract: export what contract() of roomcast/contract returns.`,
    );
  if (name === undefined && names.length > 1)
    throw usageFailure(`${quoted(path)} exports several contracts: choose with --export (${listed}).`);
  const contract = contracts.get(name ?? names[0] ?? "");
  if (contract !== undefined) return contract;
  throw usageFailure(
    `${quoted(path)} exports no contract ${quoted(name ?? "")}. Did you mean ${nearest(name ?? "", names) ?? listed}?`,
  );
}

/** The package that a file belongs to. */
function packageOf(full: string): { name?: string; version?: string } {
  for (let folder = dirname(full); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      try {
        const { name, version } = JSON.parse(readFileSync(manifest, "utf8")) as Record<string, unknown>;
        return {
          ...(typeof name === "string" && { name }),
          ...(typeof version === "string" && { version }),
        };
      } catch {
        // A broken manifest only costs the defaults.
        return {};
      }
    }
    if (folder === dirname(folder)) return {};
  }
}
