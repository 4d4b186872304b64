import { describe, expect, it } from "vitest";
import { runOptions } from "../../../src/app/options/run-options.ts";
import { resolveOptions } from "../../../src/base/options.ts";

const settle = (given: object) => resolveOptions(runOptions, given, "run()");

describe("the options of run()", () => {
  it("listen on this machine alone where nothing else is said", () => {
    expect(settle({})).toEqual({
      host: "127.0.0.1",
      port: 5000,
      tls: null,
      workers: null,
      signals: true,
      debug: false,
    });
  });

  it.each<[string, unknown[]]>([
    ["host", ["0.0.0.0", "::", "localhost"]],
    ["port", [0, 65_535]],
    ["tls", [{ cert: "cert", key: "key" }, Object.create(null)]],
    ["workers", [1, 1024, "auto"]],
    ["signals", [false, { timeout: 1000, stagger: 0 }]],
  ])("take %s at its bounds", (name, values) => {
    for (const value of values) expect(settle({ [name]: value })).toMatchObject({ [name]: value });
  });

  it.each<[string, unknown[], string]>([
    ["host", ["", 5, null], "a host name or address"],
    ["port", [-1, 65_536, 80.5, "5000", Number.NaN], "an integer from 0 to 65535"],
    ["tls", [true, "cert.pem", ["cert", "key"]], "an object { cert, key } as node:https takes it"],
    ["workers", [0, 1025, 1.5, "4", "all"], 'an integer from 1 to 1024, "auto" or null'],
    ["signals", ["SIGTERM", ["SIGTERM"], null], "true, false or the options of drain()"],
    ["debug", [1, "verbose"], 'true, false or "payloads"'],
  ])("take for %s nothing else", (name, values, expected) => {
    for (const value of values) {
      expect(() => settle({ [name]: value })).toThrow(
        expect.objectContaining({
          code: "ERR_OPTION",
          message: expect.stringContaining(`The option "${name}" of run() must be ${expected}, not `),
        }),
      );
    }
  });

  it.each([
    ["ssl_context", "tls"],
    ["certfile", "tls"],
    ["cert", "tls"],
    ["hots", "host"],
    ["worker", "workers"],
  ])("that other libraries call %s are named: %s", (name, meant) => {
    expect(() => settle({ [name]: 1 })).toThrow(`Did you mean "${meant}"?`);
  });

  it("check the options of drain() in signals", () => {
    expect(() => settle({ signals: { timeout: 0 } })).toThrow(
      'The option "timeout" of the option "signals" of run() must be',
    );
  });
});
