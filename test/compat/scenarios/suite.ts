/** Runs every scenario with one client over one transport, against a server of any host. */

import { afterAll, beforeAll, describe, test } from "vitest";
import type { Client, Parser } from "../clients/client.ts";
import { features } from "./features.ts";
import type { Outcome } from "./page.ts";
import { type ScenarioServer, type ServerHost, Stage } from "./scenario.ts";

/** The cell of the page that a test is for. */
type Cell = Omit<Outcome, "passed">;

declare module "vitest" {
  interface TaskMeta {
    cell?: Cell;
  }
}

/** Defines the tests of these clients; those of one client run at the same time. */
export function testScenarios(host: ServerHost, clients: readonly Client[]): void {
  const parsers = new Set(clients.map(({ library }) => library.parser));
  for (const parser of parsers) {
    describe(parser === "default" ? "default parser" : "MessagePack", () => {
      testWithParser(
        host,
        parser,
        clients.filter(({ library }) => library.parser === parser),
      );
    });
  }
}

/** Clients with different parsers cannot share a server. */
function testWithParser(host: ServerHost, parser: Parser, clients: readonly Client[]): void {
  let server: ScenarioServer;

  beforeAll(async () => {
    server = await host.start({ parser });
  });
  afterAll(() => server.stop());

  for (const client of clients) {
    describe.concurrent(titleOf(client), () => {
      for (const { name, scenarios } of features.filter(({ missingIn }) => !missingIn?.(client))) {
        const cell = { feature: name, library: client.library, transport: client.transport };
        for (const { title, run } of scenarios.filter(({ missingIn }) => !missingIn?.(client))) {
          test(`${name}: ${title}`, { meta: { cell } }, async () => {
            const stage = new Stage(client, server, host);
            try {
              await run(stage);
            } finally {
              await stage.putAway();
            }
          });
        }
      }
    });
  }
}

function titleOf({ library, transport }: Client): string {
  const over = { polling: "polling", websocket: "WebSocket", upgrade: "polling, then WebSocket" }[transport];
  return `${library.name} ${library.version} over ${over}`;
}
