import { describe, expect, it } from "vitest";
import { checkOptions } from "../../src/base/options.ts";
import {
  type DisconnectOptions,
  deliveryOf,
  disconnectOptions,
  type EmitOptions,
  emitOptions,
  noticeOf,
  optionsOfEvent,
  sendOptions,
} from "../../src/context/emit-options.ts";

describe("deliveryOf()", () => {
  it("hands on what concerns how an event is sent", () => {
    const callback = () => {};
    const options: EmitOptions = {
      to: "kitchen",
      volatile: true,
      compress: false,
      callback,
      ignoreQueue: true,
    };
    expect(deliveryOf(options)).toEqual({ volatile: true, compress: false, callback, ignoreQueue: true });
  });

  it("needs no object where nothing is asked for", () => {
    expect(deliveryOf({ to: "kitchen" })).toBe(deliveryOf({}));
  });
});

/** The error of what `emit` gets after the event's name. */
function errorOf(...rest: unknown[]): { code: string; message: string } {
  try {
    optionsOfEvent(emitOptions, rest, "emit()");
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("the arguments were accepted");
}

describe("optionsOfEvent()", () => {
  it("gives the options, or nothing where there are none", () => {
    const options: EmitOptions = { to: "kitchen" };
    expect(optionsOfEvent(emitOptions, [1, options], "emit()")).toBe(options);
    expect(optionsOfEvent(emitOptions, [1], "emit()")).toBeUndefined();
    expect(optionsOfEvent(emitOptions, [1, undefined], "emit()")).toBeUndefined();
  });

  it.each([
    ["room", "to"],
    ["rooms", "to"],
    ["include_self", "includeSelf"],
    ["skip_sid", "skipSid"],
    ["exclude", "except"],
    ["ignore_queue", "ignoreQueue"],
    ["local", "ignoreQueue"],
    ["ack", "callback"],
    ["brodcast", "broadcast"],
  ])("refuses the option %s, and suggests %s", (name, meant) => {
    const { code, message } = errorOf(1, { [name]: "admins" });
    expect(code).toBe("ERR_OPTION");
    expect(message).toBe(`emit() has no option "${name}". Did you mean "${meant}"?`);
  });

  it("refuses a second value, and says how several travel", () => {
    for (const second of [2, "two", null, [2], { text: "two" }, new Map(), new Date()]) {
      const { code, message } = errorOf(1, second);
      expect(code).toBe("ERR_OPTION");
      expect(message).toContain("args(first, second)");
    }
    expect(errorOf(1, {}, 2).message).toContain("args(first, second)");
  });

  it("refuses a callback in the place of options or data, and says where it belongs", () => {
    expect(errorOf(1, () => {})).toMatchObject({
      code: "ERR_OPTION",
      message: expect.stringContaining("{ callback }"),
    });
    expect(errorOf(1, {}, () => {}).message).toContain("{ callback }");
    expect(errorOf(() => {})).toMatchObject({
      code: "ERR_PAYLOAD",
      message: expect.stringContaining("{ callback }"),
    });
  });

  it("knows `json` as an option of send alone", () => {
    expect(errorOf(1, { json: true }).message).toContain('"json"');
    expect(optionsOfEvent(sendOptions, [1, { json: true }], "send()")).toEqual({ json: true });
  });
});

describe("noticeOf()", () => {
  it("returns the reason for clients, and `null` without one", () => {
    expect(noticeOf({ sid: "ada" })).toBeNull();
    expect(noticeOf({ sid: "ada", retry: false, close: true })).toBeNull();
    expect(noticeOf({ sid: "ada", reason: "late" })).toEqual({ reason: "late", retry: false });
    expect(noticeOf({ sid: "ada", code: 0, retry: true })).toEqual({ code: 0, retry: true });
  });
});

describe("the options of disconnect()", () => {
  it.each([
    [{ reason: 5 }],
    [{ reason: null }],
    [{ code: {} }],
    [{ code: null }],
    [{ retry: 1 }],
    [{ close: "yes" }],
  ])("refuse %j", (wrong) => {
    const options = { sid: "ada", ...wrong } as unknown as DisconnectOptions;
    expect(() => checkOptions(disconnectOptions, options, "disconnect()")).toThrow(
      expect.objectContaining({ code: "ERR_OPTION" }),
    );
  });
});
