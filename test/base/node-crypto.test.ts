import crypto from "node:crypto";
import { expect, it } from "vitest";
import { nodeCrypto } from "../../src/base/node-crypto.ts";

it("is Node's own module, each time", () => {
  expect(nodeCrypto().randomBytes).toBe(crypto.randomBytes);
  expect(nodeCrypto()).toBe(nodeCrypto());
});
