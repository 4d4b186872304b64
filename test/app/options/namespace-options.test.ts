import { describe, expect, it } from "vitest";
import { namespaceOptions, namespaceOptionTable } from "../../../src/app/options/namespace-options.ts";
import { resolveOptions } from "../../../src/base/options.ts";

describe("the option namespace of on() and its like", () => {
  const settle = (given: object) => resolveOptions(namespaceOptionTable, given, "on()");

  it('takes everything that stands for namespaces, and is "/" where it is left out', () => {
    expect(settle({})).toEqual({ namespace: "/" });
    for (const namespace of ["", "/chat", "*", /^\/game/, () => true])
      expect(settle({ namespace })).toEqual({ namespace });
  });

  it.each(["chat", "/a,b", null, 5, ["/chat"]])("refuses %j", (namespace) => {
    expect(() => settle({ namespace })).toThrow(
      expect.objectContaining({
        code: "ERR_NAMESPACE",
        message: expect.stringContaining('The option "namespace" of on() must be a string that begins with'),
      }),
    );
  });

  it("is an error where it is undefined, and knows its name in other libraries", () => {
    expect(() => settle({ namespace: undefined })).toThrow('The option "namespace" of on() is undefined.');
    expect(() => settle({ nsp: "/chat" })).toThrow('Did you mean "namespace"?');
  });
});

describe("the options of namespace()", () => {
  const settle = (given: object) => resolveOptions(namespaceOptions, given, "namespace()");

  it("take true, false or options for what can be turned on", () => {
    const given = { ordering: "serial", recovery: { maxEvents: 5 }, dedupe: true };
    expect(settle(given)).toEqual({ ...given, contract: null });
  });

  it.each<[object, string]>([
    [{ recovery: { maxEvent: 5 } }, 'The option "recovery" of namespace() has no option "maxEvent".'],
    [{ dedupe: "yes" }, '"dedupe" of namespace() must be true, false or an object of deduplication'],
    [{ connectionStateRecovery: {} }, 'Did you mean "recovery"?'],
  ])("refuse %j", (given, message) => {
    expect(() => settle(given)).toThrow(message);
  });
});
