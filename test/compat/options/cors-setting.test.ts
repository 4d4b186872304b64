import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { CorsDecisions, type CorsSetting } from "../../../src/compat/options/cors-setting.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";

const origin = "https://page.test";

/** Whether the setting lets a page of an origin in. */
async function allows(setting: CorsSetting, from = origin): Promise<boolean> {
  const errors: unknown[] = [];
  const decisions = new CorsDecisions(setting, (error) => errors.push(error));
  const headers = { origin: from };
  await new Promise<void>((resolve) => {
    decisions.decide({ headers } as unknown as IncomingMessage, resolve);
  });
  const rule = decisions.option?.origin;
  return rule === "*" || (typeof rule === "function" && rule(from, fakeRequest("/socket.io/", { headers })));
}

describe("The option cors of the bridge", () => {
  it.each<[string, CorsSetting, boolean]>([
    ["everything by default", {}, true],
    ["a star", { origin: "*" }, true],
    ["true", { origin: true, credentials: true }, true],
    ["false", { origin: false }, false],
    ["the origin itself", { origin }, true],
    ["another origin", { origin: "https://other.test" }, false],
    ["a mistake at the end of the origin", { origin: `${origin}/` }, false],
    ["a pattern", { origin: /\.test$/ }, true],
    ["a list", { origin: ["https://other.test", /page/] }, true],
    ["a list with a star, which is no rule there", { origin: ["*"] }, false],
    ["a function", { origin: (from, done) => done(null, from === origin) }, true],
    ["a late function", { origin: (_from, done) => void setTimeout(done, 1, null, true) }, true],
    ["a function that fails", { origin: (_from, done) => done(new Error("no")) }, false],
    ["a function of the request", (_request, done) => done(null, { origin: [origin] }), true],
  ])("takes %s", async (_what, setting, expected) => {
    expect(await allows(setting)).toBe(expected);
  });
});
