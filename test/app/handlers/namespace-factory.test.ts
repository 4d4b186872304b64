import { describe, expect, it } from "vitest";
import { NamespaceFactory } from "../../../src/app/handlers/namespace-factory.ts";
import { RunningHandlers } from "../../../src/app/handlers/running-handlers.ts";
import { appOptions, type SocketIOOptions } from "../../../src/app/options/app-options.ts";
import { settleRecovery } from "../../../src/app/options/recovery-options.ts";
import { resolveOptions } from "../../../src/base/options.ts";
import { Trace } from "../../../src/base/trace.ts";
import type { Hub } from "../../../src/core/hub.ts";
import { HandlerFailures } from "../../../src/testing/handler-failures.ts";
import { LogLines } from "../../support/log-lines.ts";
import { soon } from "../../support/waiting.ts";

const lost = { sid: "ada", namespace: "/", rooms: ["ada"] };

function factoryOf(options: SocketIOOptions = {}) {
  const log = new LogLines();
  const state = { isStopped: false };
  const factory = new NamespaceFactory(resolveOptions(appOptions, options, "test"), {
    get hub(): Hub {
      throw new Error("the hub is not needed before the first event");
    },
    get isStopped() {
      return state.isStopped;
    },
    trace: new Trace(() => {}),
    logger: log,
    handlers: new RunningHandlers(),
    failures: new HandlerFailures(),
  });
  return { factory, log, state };
}

describe("NamespaceFactory", () => {
  it("knows no handlers of a namespace that is not registered", () => {
    expect(factoryOf().factory.handlersOf("/attic", null)).toBeUndefined();
  });

  it("turns recovery on for the server, and for one namespace otherwise", () => {
    const { factory } = factoryOf({
      recovery: { maxDisconnection: 1000 },
      pingInterval: 200,
      pingTimeout: 30,
    });
    factory.registry.table("/plain").recovery = null;
    expect(factory.recoveryOf("/", null)).toMatchObject({ maxDisconnection: 1000, retention: 1230 });
    expect(factory.recoveryOf("/plain", null)).toBeNull();
    expect(factory.hasRecovery).toBe(true);
    const off = factoryOf().factory;
    expect([off.recoveryOf("/", null), off.hasRecovery]).toEqual([null, false]);
    off.registry.table("/kept").recovery = settleRecovery(true);
    expect(off.hasRecovery).toBe(true);
  });

  it("calls the handler of lost clients, logs its errors, and calls it no more after the stop", async () => {
    const { factory, log, state } = factoryOf();
    const seen: unknown[] = [];
    factory.onLost(lost);
    factory.lossHandler = (client) => {
      seen.push(client);
      throw new Error("broken");
    };
    factory.onLost(lost);
    await soon(() => log.lines).toEqual([
      expect.stringContaining("The handler of onRecoveryExpired() failed"),
    ]);
    state.isStopped = true;
    factory.onLost(lost);
    expect(seen).toEqual([lost]);
  });

  it("keeps a namespace of Roomcast's own from the program", () => {
    const { factory } = factoryOf({ recovery: true, namespaces: "*" });
    const own = { connect() {}, event() {}, disconnect() {} };
    factory.reserve("/admin", "instrument()", own);
    factory.registry.table("*").add("tea", () => {});
    expect(factory.handlersOf("/admin", null)).toBe(own);
    expect(factory.recoveryOf("/admin", null)).toBeNull();
    expect(() => factory.registry.table("/admin")).toThrow('"/admin" belongs to instrument()');
    expect(() => factory.reserve("/admin", "another", own)).toThrow(
      expect.objectContaining({ code: "ERR_NAMESPACE" }),
    );
  });

  it("takes no namespace that has handlers of the program", () => {
    const { factory } = factoryOf();
    const own = { connect() {}, event() {}, disconnect() {} };
    factory.registry.table("/chat");
    expect(() => factory.reserve("/chat", "instrument()", own)).toThrow("has handlers of the program");
    expect(() => factory.reserve("chat", "instrument()", own)).toThrow("begins with a slash");
  });
});
