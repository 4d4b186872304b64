import { expect, it } from "vitest";
import type { ProcessState } from "../../../../src/dashboard/api.ts";
import { namespacesOf } from "../../../../src/dashboard/page/parts/namespace-sums.ts";

const process = (...namespaces: ProcessState["namespaces"]) => ({ namespaces }) as ProcessState;

it("adds the numbers of a namespace over all processes", () => {
  expect(
    namespacesOf([
      process(
        { name: "/", clients: 2, rooms: 1, away: null },
        { name: "/chat", clients: 1, rooms: 0, away: 3 },
      ),
      process({ name: "/", clients: 3, rooms: 4, away: null }),
    ]),
  ).toEqual([
    { name: "/", clients: 5, rooms: 5, away: null },
    { name: "/chat", clients: 1, rooms: 0, away: 3 },
  ]);
});
