import { expect, it, vi } from "vitest";
import { loadBrokerCode } from "../../src/backplane/broker-code.ts";

const evaluated: string[] = [];

vi.mock("@redis/client", () => {
  evaluated.push("@redis/client");
  return {};
});
vi.mock("@nats-io/transport-node", () => {
  throw new Error("it is not installed");
});

it("loads the package and the link of a broker", async () => {
  await loadBrokerCode("Redis");
  expect(evaluated).toEqual(["@redis/client"]);
});

it("leaves a package that is missing to the first connection", async () => {
  await expect(loadBrokerCode("NATS")).resolves.toBeUndefined();
});

it("loads nothing where there is no broker", async () => {
  evaluated.length = 0;
  await loadBrokerCode("memory");
  expect(evaluated).toEqual([]);
});
