import { beforeEach, describe, expect, it } from "vitest";
import { Trace, type TraceEvent } from "../../../src/base/trace.ts";
import { Counters } from "../../../src/engine/counters.ts";
import { Refusals } from "../../../src/engine/request/refusals.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";
import { EngineSite, polling, request, upgrade, webSocket } from "../engine-site.ts";

let site: EngineSite;

beforeEach(() => {
  site = new EngineSite();
});

describe("Engine, warning of origins", () => {
  const foreign = { headers: { origin: "https://evil.example", host: "chat.example" } };

  it("warns once of each origin, says how to let it in, and cannot be made to fill the log", () => {
    const engine = site.makeEngine();
    request(engine, polling, foreign);
    upgrade(engine, webSocket, foreign);
    expect(site.owner.warnings).toHaveLength(1);
    expect(site.owner.warnings[0]).toContain('cors: { origin: "https://evil.example" }');
    for (let count = 0; count < 300; count += 1) {
      request(engine, polling, {
        headers: { origin: `https://e${count}.example\n${"x".repeat(1000)}`, host: "h" },
      });
    }
    expect(site.owner.warnings).toHaveLength(100);
    for (const warning of site.owner.warnings) {
      expect(warning.length).toBeLessThan(1000);
      expect(warning).not.toContain("\n");
    }
  });
});

describe("Refusals", () => {
  let warnings: string[];
  let traced: TraceEvent[];
  let counters: Counters;
  let refusals: Refusals;

  beforeEach(() => {
    warnings = [];
    traced = [];
    counters = new Counters();
    const trace = new Trace();
    trace.listen((event) => traced.push(event));
    refusals = new Refusals({
      counters,
      trace,
      headers: () => ({ vary: "Origin" }),
      warn: (message) => warnings.push(message),
    });
  });

  it("counts a refusal, publishes it without its query, and adds the fields of every answer", () => {
    const response = refusals.answer(fakeRequest("/socket.io/?sid=secret"), "unknownSession");
    expect(response).toMatchObject({ status: 400, headers: { vary: "Origin" } });
    expect([counters.refused.unknownSession, counters.refused.forbidden]).toEqual([1, 0]);
    expect(traced).toEqual([
      {
        type: "request refused",
        status: 400,
        message: "Session ID unknown",
        method: "GET",
        path: "/socket.io/",
        address: "192.0.2.1",
      },
    ]);
  });

  it("says how to allow a host, by whether the application has listed hosts", () => {
    const request = (host: string) => fakeRequest("/", { headers: { host } });
    refusals.warnOfHost(request("chat.example:3000"), true);
    refusals.warnOfHost(request("other.example"), false);
    refusals.warnOfHost(request("other.example"), false);
    expect(warnings).toEqual([
      expect.stringContaining('{ allowedHosts: ["chat.example", …] }'),
      expect.stringMatching(/DNS rebinding.*\{ allowedHosts: \["other\.example"\] \}/),
    ]);
  });

  it("quotes a host, and cuts it, so that no stranger writes lines of the log", () => {
    refusals.warnOfHost(fakeRequest("/", { headers: { host: `a\n${"x".repeat(5000)}` } }), true);
    expect(warnings[0]).not.toContain("\n");
    expect(warnings[0]?.length).toBeLessThan(1000);
  });

  it("says once that pages of other sites are refused that name no origin", () => {
    for (const path of ["/a", "/b"]) refusals.warnOfOrigin(fakeRequest(path, { headers: { host: "h" } }));
    expect(warnings).toEqual([expect.stringContaining("without an Origin")]);
  });

  it("warns of at most 100 hosts and origins together, and still once of old clients", () => {
    for (let count = 0; count < 80; count += 1) {
      refusals.warnOfHost(fakeRequest("/", { headers: { host: `h${count}.example` } }), true);
      refusals.warnOfOrigin(fakeRequest("/", { headers: { origin: `https://o${count}.example` } }));
    }
    expect(warnings).toHaveLength(100);
    refusals.warnOfVersion();
    refusals.warnOfVersion();
    expect(warnings).toHaveLength(101);
    expect(warnings.at(-1)).toContain("allowEIO3: true");
  });
});
