/**
 * Writes down which names of stock socket.io's API a program uses by itself. Each public name of each class
 * gets an accessor or a method around it, which looks at its caller: only code of the programs counts, and
 * not socket.io's own, which uses the same names inside.
 */

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Server } from "socket.io";
import { declaredNames } from "./declared-names.ts";

const fromServer = createRequire(createRequire(import.meta.url).resolve("socket.io"));

type Method = (this: object, ...values: unknown[]) => unknown;

/** Programs stand here. The stage, which runs them, does not count. */
const programFiles = /\/test\/compat\/(?:programs|applications)\/(?!stage\.)/;

const declared = declaredNames();

/** What programs have used, by their servers. */
const recordings = new WeakMap<object, Set<string>>();

/**
 * Stock socket.io's class of servers. What programs use of its servers is added to a set, such as
 * `Socket.join`, `Socket.event disconnect` or `Options.cors`.
 */
export function recordedServer(names: Set<string>): typeof Server {
  install();
  const note = (values: readonly unknown[]) => {
    for (const value of values)
      if (typeof value === "object" && value !== null)
        for (const name of Object.keys(value))
          if (declared.get("Options")?.has(name) === true) names.add(`Options.${name}`);
  };
  return new Proxy(Server, {
    construct(Target, values, NewTarget) {
      note(values);
      const server = Reflect.construct(Target, values, NewTarget) as object;
      recordings.set(server, names);
      return server;
    },
    apply(Target, _self, values) {
      note(values);
      const server = new Target(...(values as []));
      recordings.set(server, names);
      return server;
    },
  });
}

/** Objects that do not know what they belong to. */
const owners = new WeakMap<object, object>();

/** The server that something belongs to. */
function serverOf(found: unknown): object | undefined {
  let at = found;
  for (let steps = 0; steps < 6 && typeof at === "object" && at !== null; steps += 1) {
    if (at instanceof Server) return at;
    const { server, nsp, adapter, operator } = at as Record<string, unknown>;
    at = owners.get(at) ?? operator ?? nsp ?? server ?? adapter;
  }
  return undefined;
}

/** The prototypes of socket.io's classes, by their names in the table. */
function classes(): readonly (readonly [group: string, prototype: object | undefined])[] {
  type Module = Readonly<Record<string, { readonly prototype: object } | undefined>>;
  const near = (file: string) => fromServer(`./${file}.js`) as Module;
  const engine = fromServer("engine.io") as Module;
  const operators = near("broadcast-operator");
  const entry = fromServer.resolve("engine.io");
  const transport = (name: string) => fromServer(join(dirname(entry), "transports", name)) as Module;
  return Object.entries({
    Server: near("index").Server?.prototype,
    Namespace: near("namespace").Namespace?.prototype,
    ParentNamespace: near("parent-namespace").ParentNamespace?.prototype,
    Socket: near("socket").Socket?.prototype,
    BroadcastOperator: operators.BroadcastOperator?.prototype,
    RemoteSocket: operators.RemoteSocket?.prototype,
    Client: near("client").Client?.prototype,
    Engine: engine.Server?.prototype,
    Connection: engine.Socket?.prototype,
    Transport: engine.Transport?.prototype,
    Adapter: (fromServer("socket.io-adapter") as Module).Adapter?.prototype,
  }).concat([
    // The kinds of transports have a few names of their own, such as `name`.
    ["Transport", transport("polling").Polling?.prototype],
    ["Transport", transport("websocket").WebSocket?.prototype],
  ]);
}

let isInstalled = false;

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const [group, prototype] of classes()) {
    if (prototype === undefined) throw new Error(`socket.io has no class ${group} any more.`);
    for (const name of declared.get(group) ?? [])
      if (!name.startsWith("event ")) watch(group, name, prototype);
  }
}

/** Watches one name of one class. */
function watch(group: string, name: string, prototype: object): void {
  const found = descriptorOf(prototype, name);
  if (found !== undefined && group === "Transport" && !Object.hasOwn(prototype, name)) return;
  if (typeof found?.value === "function") {
    const method = found.value as Method;
    const watched: Method = function (this: object, ...values) {
      touch(this, { group, name, watcher: watched, event: values[0] });
      return Reflect.apply(method, this, values);
    };
    Object.defineProperty(prototype, name, { ...found, value: watched });
  } else if (found?.get !== undefined) {
    const { get, set } = found;
    const read = function (this: object): unknown {
      touch(this, { group, name, watcher: read });
      return Reflect.apply(get, this, []);
    };
    const writer = set === undefined ? {} : { set };
    Object.defineProperty(prototype, name, { get: read, ...writer, configurable: true });
  } else watchField(group, name, prototype);
}

/** A field, which the constructor sets. */
function watchField(group: string, name: string, prototype: object): void {
  const place = Symbol(name);
  function read(this: Record<symbol, unknown>): unknown {
    touch(this, { group, name, watcher: read });
    return this[place];
  }
  function write(this: Record<symbol, unknown>, value: unknown): void {
    touch(this, { group, name, watcher: write });
    if (name === "engine" || name === "transport") owners.set(value as object, this);
    this[place] = name === "handshake" ? watchedHandshake(value as object, this) : value;
  }
  Object.defineProperty(prototype, name, { get: read, set: write, configurable: true });
}

/** The same object, whose fields tell that they are read. */
function watchedHandshake(handshake: object, socket: object): object {
  for (const [name, given] of Object.entries(handshake)) {
    let value: unknown = given;
    const get = () => {
      touch(socket, { group: "Handshake", name, watcher: get });
      return value;
    };
    const set = (changed: unknown) => {
      value = changed;
    };
    Object.defineProperty(handshake, name, { get, set, enumerable: true, configurable: true });
  }
  return handshake;
}

function descriptorOf(prototype: object, name: string): PropertyDescriptor | undefined {
  let owner: object | null = prototype;
  while (owner !== null) {
    const found = Object.getOwnPropertyDescriptor(owner, name);
    if (found !== undefined) return found;
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return undefined;
}

/** One use of a name. */
interface Touch {
  readonly group: string;
  readonly name: string;
  /** The function around the name, whose caller counts. */
  readonly watcher: (...values: never) => unknown;
  readonly event?: unknown;
}

let isLooking = false;

function touch(self: object, { group, name, watcher, event }: Touch): void {
  if (isLooking || !isCalledByProgram(watcher)) return;
  isLooking = true;
  const server = serverOf(self);
  isLooking = false;
  const names = server === undefined ? undefined : recordings.get(server);
  names?.add(`${group}.${name}`);
  const listened = `event ${String(event)}`;
  if (declared.get(group)?.has(listened) === true) names?.add(`${group}.${listened}`);
}

function isCalledByProgram(watcher: Touch["watcher"]): boolean {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  Error.stackTraceLimit = 1;
  Error.prepareStackTrace = (_error, sites) => sites[0]?.getFileName() ?? "";
  Error.captureStackTrace(holder, watcher);
  const file = String(holder.stack);
  Error.prepareStackTrace = prepareStackTrace;
  Error.stackTraceLimit = stackTraceLimit;
  return programFiles.test(file);
}
