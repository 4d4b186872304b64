import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RoomcastError } from "../../src/base/errors.ts";
import {
  booleanOption,
  isPlainObject,
  numberOption,
  option,
  resolveOptions,
  resolveToggle,
  toggleOption,
} from "../../src/base/options.ts";

const table = {
  debug: booleanOption(false),
  pingInterval: numberOption(25_000, "ms", 1),
  pingTimeout: numberOption(20_000, "ms"),
  path: option<string | null>(null, "a path", (value) => typeof value === "string"),
} as const;

const settle = (given: object) => resolveOptions(table, given, "new Server()");

function messageOf(given: object): string {
  try {
    settle(given);
  } catch (error) {
    expect(error).toBeInstanceOf(RoomcastError);
    expect((error as RoomcastError).code).toBe("ERR_OPTION");
    return (error as RoomcastError).message;
  }
  throw new Error("the options were accepted");
}

describe("resolveOptions", () => {
  it("fills in the defaults", () => {
    expect(settle({})).toEqual({ debug: false, pingInterval: 25_000, pingTimeout: 20_000, path: null });
  });

  it("takes the given options, and leaves the given object alone", () => {
    const given = Object.freeze({ debug: true, path: "/x" });
    expect(settle(given)).toEqual({ debug: true, pingInterval: 25_000, pingTimeout: 20_000, path: "/x" });
  });

  it("counts undefined as not given", () => {
    expect(settle({ debug: undefined }).debug).toBe(false);
  });

  it("gives an object that cannot be changed", () => {
    const settled = settle({}) as { debug: boolean };
    expect(() => {
      settled.debug = true;
    }).toThrow(TypeError);
  });

  it("refuses an unknown name and says which one was probably meant", () => {
    expect(messageOf({ pingIntervall: 1 })).toBe(
      'new Server() has no option "pingIntervall". Did you mean "pingInterval"?',
    );
    expect(messageOf({ ping_timeout: 1 })).toContain('Did you mean "pingTimeout"?');
    expect(messageOf({ PINGTIMEOUT: 1 })).toContain('Did you mean "pingTimeout"?');
  });

  it("suggests nothing where nothing is near", () => {
    expect(messageOf({ certificates: 1 })).toBe(
      'new Server() has no option "certificates". Known options: debug, pingInterval, pingTimeout, path.',
    );
    expect(messageOf({ "": 1 })).not.toContain("Did you mean");
  });

  it("takes names that every object has for unknown ones", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      expect(messageOf({ [name]: 1 })).toContain(`no option "${name}"`);
    }
    expect(messageOf(JSON.parse('{"__proto__": {"debug": true}}'))).toContain('no option "__proto__"');
  });

  it.each([
    [{ debug: 1 }, 'The option "debug" of new Server() must be true or false, not 1.'],
    [{ debug: "yes" }, 'The option "debug" of new Server() must be true or false, not "yes".'],
    [{ debug: null }, 'The option "debug" of new Server() must be true or false, not null.'],
    [{ path: () => {} }, 'The option "path" of new Server() must be a path, not a function.'],
    [{ path: [] }, 'The option "path" of new Server() must be a path, not [].'],
    [{ path: {} }, 'The option "path" of new Server() must be a path, not {}.'],
    [{ path: Symbol("x") }, 'The option "path" of new Server() must be a path, not Symbol(x).'],
  ])("refuses a value of the wrong kind: %o", (given, message) => {
    expect(messageOf(given)).toBe(message);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "1000", 2 ** 53, 1n])(
    "refuses %s as a whole number of at least 1",
    (pingInterval) => {
      expect(messageOf({ pingInterval })).toContain("a positive integer (ms)");
    },
  );

  it("answers any object with settled options or a clear error", () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 1 }), (given) => {
        try {
          settle(given);
        } catch (error) {
          expect(error).toBeInstanceOf(RoomcastError);
        }
      }),
    );
  });
});

describe("isPlainObject", () => {
  it.each([
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    [new Date(), false],
    [() => {}, false],
    ["text", false],
  ])("says of %o: %s", (value, expected) => {
    expect(isPlainObject(value)).toBe(expected);
  });
});

describe("toggleOption", () => {
  const members = { age: numberOption(5, "ms"), size: numberOption(7, "bytes") };
  const table = { memory: toggleOption(false, members, "an object of the memory's options") };

  it("takes true, false or an object, whose members it checks", () => {
    expect(resolveOptions(table, { memory: { age: 1 } }, "f()").memory).toEqual({ age: 1 });
    expect(resolveOptions(table, { memory: true }, "f()").memory).toBe(true);
    expect(() => resolveOptions(table, { memory: 3 }, "f()")).toThrow(
      'The option "memory" of f() must be true, false or an object of the memory\'s options, not 3.',
    );
    expect(() => resolveOptions(table, { memory: { age: -1 } }, "f()")).toThrow(
      "must be a non-negative integer (ms)",
    );
  });

  it.each([
    [false, null],
    [true, { age: 5, size: 7 }],
    [{ age: 1 }, { age: 1, size: 7 }],
  ])("resolves %j to its object's options, or to null", (given, expected) => {
    expect(resolveToggle(members, given, "memory")).toEqual(expected);
  });

  it("names the option when its object holds an unknown one", () => {
    expect(() => resolveToggle(members, { aeg: 1 }, "memory")).toThrow(
      'The option "memory" has no option "aeg". Did you mean "age"?',
    );
  });
});
