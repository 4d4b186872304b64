import { describe, expect, it, vi } from "vitest";
import {
  type DisconnectOptions,
  deliveryOf,
  disconnectBy,
  type EmitOptions,
  emitTo,
  type SendOptions,
  sendTo,
} from "../../src/context/emit-options.ts";
import { Site } from "../core/site.ts";

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

describe("an option that does not exist", () => {
  const { hub } = new Site();

  it("is refused with the one that was probably meant", () => {
    const options = { room: "admins" } as EmitOptions;
    expect(() => emitTo(hub, "e", 1, options, "/", null, true)).toThrow(
      /emit\(\) has no option "room"\. Did you mean "to"\?/,
    );
    expect(() => sendTo(hub, "m", { rooms: "admins" } as SendOptions, "/", null, true)).toThrow(
      /send\(\) has no option "rooms"\. Did you mean "to"\?/,
    );
  });

  it("is `json` for emit, and not for send", () => {
    expect(() => emitTo(hub, "e", 1, { json: true } as EmitOptions, "/", null, true)).toThrow('"json"');
    sendTo(hub, "m", { json: true }, "/", null, true);
  });
});

describe("disconnectBy()", () => {
  it("hands on what clients are told, and nothing where nothing is to be told", async () => {
    const { hub } = new Site();
    const disconnect = vi.spyOn(hub, "disconnect");
    const sid = "ada";
    await disconnectBy(hub, { sid }, "/", null);
    await disconnectBy(hub, { sid, retry: false, close: true }, "/", null);
    await disconnectBy(hub, { sid, reason: "late" }, "/", null);
    await disconnectBy(hub, { sid, code: 0, retry: true }, "/", null);
    expect(disconnect.mock.calls.map(([, ...rest]) => rest)).toEqual([
      [false, null],
      [true, null],
      [false, { reason: "late", retry: false }],
      [false, { code: 0, retry: true }],
    ]);
  });

  it.each([[{ reason: 5 }], [{ reason: null }], [{ code: {} }], [{ code: null }]])("refuses %j", (wrong) => {
    const options = { sid: "ada", ...wrong } as unknown as DisconnectOptions;
    expect(() => disconnectBy(new Site().hub, options, "/", null)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION" }),
    );
  });
});
