/** The public names of socket.io's server, as its own declarations have them. */

import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript-5.4";

const fromHere = createRequire(import.meta.url);
const serverEntry = fromHere.resolve("socket.io");
const fromServer = createRequire(serverEntry);

/** Declarations beside the entry file of a package that socket.io uses. */
function beside(entry: string, file: string): string {
  return join(dirname(entry), file);
}

const engineEntry = fromServer.resolve("engine.io");
const adapterEntry = fromServer.resolve("socket.io-adapter");

/** The declarations to read: a class or an interface with what it inherits, by the name in the table. */
const sources: Readonly<Record<string, readonly (readonly [file: string, declared: string])[]>> = {
  Server: [
    [beside(serverEntry, "index.d.ts"), "Server"],
    [beside(serverEntry, "typed-events.d.ts"), "StrictEventEmitter"],
  ],
  Namespace: [
    [beside(serverEntry, "namespace.d.ts"), "Namespace"],
    [beside(serverEntry, "typed-events.d.ts"), "StrictEventEmitter"],
  ],
  ParentNamespace: [[beside(serverEntry, "parent-namespace.d.ts"), "ParentNamespace"]],
  Socket: [
    [beside(serverEntry, "socket.d.ts"), "Socket"],
    [beside(serverEntry, "typed-events.d.ts"), "StrictEventEmitter"],
  ],
  BroadcastOperator: [[beside(serverEntry, "broadcast-operator.d.ts"), "BroadcastOperator"]],
  RemoteSocket: [[beside(serverEntry, "broadcast-operator.d.ts"), "RemoteSocket"]],
  Client: [[beside(serverEntry, "client.d.ts"), "Client"]],
  Handshake: [[beside(serverEntry, "socket-types.d.ts"), "Handshake"]],
  Engine: [
    [beside(engineEntry, "server.d.ts"), "BaseServer"],
    [beside(engineEntry, "server.d.ts"), "Server"],
  ],
  Connection: [[beside(engineEntry, "socket.d.ts"), "Socket"]],
  Transport: [[beside(engineEntry, "transport.d.ts"), "Transport"]],
  Adapter: [[beside(adapterEntry, "in-memory-adapter.d.ts"), "Adapter"]],
  Options: [
    [beside(serverEntry, "index.d.ts"), "ServerOptions"],
    [beside(engineEntry, "server.d.ts"), "AttachOptions"],
    [beside(engineEntry, "server.d.ts"), "ServerOptions"],
  ],
};

/** The events that each class emits by itself, where the declarations name them. */
const events: Readonly<Record<string, readonly (readonly [file: string, declared: string])[]>> = {
  Server: [[beside(serverEntry, "namespace.d.ts"), "ServerReservedEventsMap"]],
  Namespace: [[beside(serverEntry, "namespace.d.ts"), "NamespaceReservedEventsMap"]],
  Socket: [[beside(serverEntry, "socket-types.d.ts"), "SocketReservedEventsMap"]],
};

/** Those that only the documents name: the classes are emitters without types. */
const documented: Readonly<Record<string, readonly string[]>> = {
  Server: ["connect", "connection"],
  Engine: ["connection", "connection_error", "headers", "initial_headers"],
  Connection: [
    "close",
    "data",
    "drain",
    "flush",
    "heartbeat",
    "message",
    "packet",
    "packetCreate",
    "upgrade",
  ],
  Adapter: ["create-room", "delete-room", "join-room", "leave-room"],
};

/** Classes that are emitters of Node's. */
const emitters = ["Server", "Namespace", "Socket", "Engine", "Connection", "Transport", "Adapter"];

/** The methods of an emitter. */
export const emitterNames: readonly string[] = Object.keys(EventEmitter.prototype).filter(
  (name) => !name.startsWith("_") && typeof Reflect.get(EventEmitter.prototype, name) === "function",
);

const parsed = new Map<string, ts.SourceFile>();

function fileOf(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known !== undefined) return known;
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ESNext, true);
  parsed.set(path, file);
  return file;
}

/** The names of a class or interface that a program may use. */
function membersOf([path, declared]: readonly [string, string]): readonly string[] {
  const file = fileOf(path);
  const statement = file.statements.find(
    (each): each is ts.ClassDeclaration | ts.InterfaceDeclaration =>
      (ts.isClassDeclaration(each) || ts.isInterfaceDeclaration(each)) && each.name?.text === declared,
  );
  if (statement === undefined) throw new Error(`${path} declares no ${declared}.`);
  const names: string[] = [];
  for (const member of statement.members) {
    const { name } = member;
    if (name === undefined || ts.isComputedPropertyName(name) || ts.isPrivateIdentifier(name)) continue;
    if (!isPublic(member) || name.text.startsWith("_")) continue;
    names.push(name.text);
  }
  return names;
}

function isPublic(member: ts.ClassElement | ts.TypeElement): boolean {
  const flags = ts.getCombinedModifierFlags(member as ts.Declaration);
  if (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static)) return false;
  return !ts.getJSDocTags(member).some(({ tagName }) => ["private", "protected"].includes(tagName.text));
}

/** Names that are marked as private, and yet programs and documents use them. */
const usedAnyway: Readonly<Record<string, readonly string[]>> = {
  Namespace: ["server"],
  Client: ["id", "sockets"],
  Connection: ["id"],
  Socket: ["server"],
};

/** The public names of each class, options and handshake fields included. */
export function declaredNames(): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(sources).map(([group, declarations]) => {
      const names = new Set(declarations.flatMap(membersOf));
      for (const name of usedAnyway[group] ?? []) names.add(name);
      if (emitters.includes(group)) for (const name of emitterNames) names.add(name);
      for (const declaration of events[group] ?? [])
        for (const name of membersOf(declaration)) names.add(`event ${name}`);
      for (const name of documented[group] ?? []) names.add(`event ${name}`);
      return [group, names];
    }),
  );
}

/** What the module exports, types included. */
export function exportedNames(): ReadonlySet<string> {
  const file = fileOf(beside(serverEntry, "index.d.ts"));
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (
      ts.isExportDeclaration(statement) &&
      statement.exportClause &&
      ts.isNamedExports(statement.exportClause)
    )
      for (const { name } of statement.exportClause.elements) names.add(name.text);
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (isExported && ts.isClassDeclaration(statement) && statement.name) names.add(statement.name.text);
  }
  return names;
}
