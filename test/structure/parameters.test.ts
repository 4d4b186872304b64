import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Exceptions, measure, sizeFaults } from "./parameters.ts";

const source = fileURLToPath(new URL("../../src", import.meta.url));

/** Functions that run this often take no object, which would be an allocation each time. */
const [eachRequest, eachClient, eachEvent, eachMessage] = ["request", "client", "event", "message"].map(
  (what) => `an object would be an allocation for each ${what}`,
) as [string, string, string, string];
/** Classes of which there is one object for each client. */
const oneObject = "two objects for each client would take more memory than one";

/** Functions and classes that are larger than the rule says, and why. */
const exceptions: Exceptions = {
  "adapter/http-request.ts HttpRequest.constructor": [5, eachRequest],
  "app/cluster/late-backplane.ts LateBackplane.emit": [5, eachEvent],
  "app/handlers/dispatcher.ts Dispatcher.#begin": [5, eachEvent],
  "app/handlers/dispatcher.ts Dispatcher.#start": [5, eachEvent],
  "backplane/cluster/cluster.ts Cluster.emit": [5, eachEvent],
  "backplane/interop/redis-adapter.ts RedisAdapter.emit": [5, eachEvent],
  "context/target-options.ts targetOf": [5, eachEvent],
  "core/packet/event-packet.ts JsonEventPacket.constructor": [5, eachEvent],
  "core/ports.ts Backplane.emit": [5, eachEvent],
  "core/recovery/recoverable-session.ts RecoverableSession": [17, oneObject],
  "core/recovery/recovery-joins.ts RecoveryJoins.#open": [5, eachClient],
  "core/socket/socket.ts Socket": [18, oneObject],
  "engine/connection.ts Connection.constructor": [5, eachClient],
  "websocket/frame-reader.ts FrameReader.#deliverText": [5, eachMessage],
};

it("functions of src/ take at most 4 parameters, and classes have at most 15 fields", () => {
  const sources = new Map(
    readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => [path.replaceAll(sep, posix.sep), readFileSync(join(source, path), "utf8")] as const),
  );
  expect(sizeFaults(sources, exceptions)).toEqual([]);
});

describe("a function's parameters", () => {
  it.each([
    ["a function", "function a(b, c) {}", "a"],
    ["a function without a body", "declare function a(b: string, c: string): void;", "a"],
    ["an arrow function in a constant", "const a = (b, c) => 1;", "a"],
    ["a callback", "const a = { b: c((d, e) => 1) };", "a.b"],
    ["a function without a name", "export default (b, c) => 1;", "a function"],
    ["a method", "class A { b(c, d) {} }", "A.b"],
    ["a private method", "class A { #b(c, d) {} }", "A.#b"],
    ["a constructor", "class A { constructor(b, c) {} }", "A.constructor"],
    ["a method of an object", "const a = { b(c, d) {} };", "a.b"],
    ["a method of a port", "interface A { b(c: string, d: string): void }", "A.b"],
    ["a function of a port", "interface A { readonly b: (c: string, d: string) => void }", "A.b"],
    ["a function's type", "type A = (b: string, c: string) => void;", "A"],
    ["a class's type", "type A = new (b: string, c: string) => object;", "A"],
    ["patterns and defaults", "function a({ b, c, d }, [e, f] = []) {}", "a"],
    ["a list of all others", "function a(b, ...c) {}", "a"],
    ["not `this`", "function a(this: A, b: string, c: string) {}", "a"],
    ["not those of its type", "function a<B, C, D>(b: Map<B, C>, c: D) {}", "a"],
  ])("are counted: %s", (_what, text, name) => {
    const found = measure("core/a.ts", text).filter(({ size }) => size > 0);
    expect(found).toContainEqual({ name: `core/a.ts ${name}`, kind: "parameters", size: 2 });
  });
});

describe("a class's fields", () => {
  it.each([
    ["public and private ones", "class A { readonly b = 1; #c; d() {} get e() { return 1; } }"],
    [
      "accessors and abstract ones",
      "abstract class A { accessor b = 1; abstract c: string; abstract d(): void }",
    ],
    ["not those of the class itself or of its type", "class A { b; c; static d = 1; declare e: string }"],
    ["not those of a class inside", "class A { b; c = class { d; e; f; }; }"],
    ["those of a class in a constant", "const A = class { b; c; };"],
  ])("are counted: %s", (_what, text) => {
    expect(measure("core/a.ts", text)).toContainEqual({ name: "core/a.ts A", kind: "fields", size: 2 });
  });
});

describe("the rule of sizes", () => {
  const text = (fields: number, parameters: number) => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
    return `class A { ${names(fields).join("; ")}; act(${names(parameters).join(", ")}) {} }`;
  };
  const sources = (fields: number, parameters: number) => new Map([["core/a.ts", text(fields, parameters)]]);

  it("takes 15 fields and 4 parameters, and no more", () => {
    expect(sizeFaults(sources(15, 4), {})).toEqual([]);
    expect(sizeFaults(sources(16, 5), {})).toEqual([
      "src/core/a.ts A has 16 fields, not at most 15",
      "src/core/a.ts A.act has 5 parameters, not at most 4",
    ]);
  });

  it("takes exceptions from the table, as long as the table is right", () => {
    const table: Exceptions = { "core/a.ts A": [16, "a reason"], "core/a.ts A.act": [5, "a reason"] };
    expect(sizeFaults(sources(16, 5), table)).toEqual([]);
    expect(sizeFaults(sources(17, 4), table)).toEqual([
      "src/core/a.ts A has 17 fields, not 16",
      "src/core/a.ts A.act needs no row in the table",
    ]);
  });
});
