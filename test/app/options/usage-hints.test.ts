import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { constructorHint, drainHint, runHint, warnOfSeconds } from "../../../src/app/options/usage-hints.ts";

describe("the hint", () => {
  it("of the constructor names run() for its options", () => {
    expect(constructorHint({ port: 1 }, "port")).toBe('"port" is an option of run().');
    expect(constructorHint({ colour: 1 }, "colour")).toBeUndefined();
  });

  it.each([
    ["a port", 5000, undefined, "Did you mean { port: 5000 }?"],
    ["a host", "localhost", undefined, 'Did you mean { host: "localhost" }?'],
    ["an application", createServer(), undefined, expect.stringContaining("belongs to the constructor")],
    ["an option of the constructor", {}, "cors", '"cors" is an option of new SocketIO().'],
    ["anything else", {}, "colour", undefined],
  ])("of run() knows %s", (_what, given, name, hint) => {
    expect(runHint(given, name)).toEqual(hint);
  });

  it("of drain() knows a timeout", () => {
    expect(drainHint(500, undefined)).toBe("Did you mean { timeout: 500 }?");
    expect(drainHint({}, "colour")).toBeUndefined();
  });
});

describe("a heartbeat", () => {
  function warnings(pingInterval: number, pingTimeout: number): unknown[] {
    const lines: unknown[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (...line: unknown[]) => lines.push(line) };
    warnOfSeconds({ pingInterval, pingTimeout }, log);
    return lines;
  }

  it("that seems to be in seconds is warned of, with what to write", () => {
    expect(warnings(25_000, 5)).toEqual([
      [
        expect.stringContaining("5 seconds are pingTimeout: 5000."),
        { type: "short heartbeat", option: "pingTimeout" },
      ],
    ]);
    expect(warnings(25, 20)).toHaveLength(2);
  });

  it("in milliseconds is not", () => {
    expect(warnings(25_000, 20_000)).toEqual([]);
    expect(warnings(1000, 100)).toEqual([]);
  });
});
