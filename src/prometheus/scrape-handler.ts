/** Answers requests for the metrics, on any server and framework. */

import type { Registry } from "prom-client";
import { ScrapeAccess, type ScrapeRule } from "./scrape-access.ts";
import { type ScrapeAnswer, type ScrapeExchange, scrapeExchange } from "./scrape-exchange.ts";

const plain = { "content-type": "text/plain; charset=utf-8" };

/** The registry that is answered with. */
export type ReadRegistry = Pick<Registry, "metrics" | "contentType">;

/**
 * Makes the handler of a route.
 *
 * @param registry - what to answer with
 * @param rules - which requests to answer
 */
export function scrapeHandler(
  registry: ReadRegistry,
  { token, allow }: { readonly token: string | null; readonly allow: ScrapeRule | null },
): (first: unknown, second?: unknown) => Promise<unknown> {
  const access = new ScrapeAccess(token, allow);
  return async (first, second) => {
    const exchange = scrapeExchange(first, second);
    return exchange.answer(await answerOf(registry, access, exchange));
  };
}

async function answerOf(
  registry: ReadRegistry,
  access: ScrapeAccess,
  { request }: ScrapeExchange,
): Promise<ScrapeAnswer> {
  try {
    const refusal = await access.check(request);
    if (refusal !== null) {
      const headers = refusal.status === 401 ? { ...plain, "www-authenticate": "Bearer" } : plain;
      return { status: refusal.status, headers, body: refusal.text };
    }
    const body = await registry.metrics();
    return { status: 200, headers: { "content-type": registry.contentType }, body };
  } catch (error) {
    // A server of node:http would end the process for a rejection. Prometheus shows the status.
    const reason = error instanceof Error ? error.message : String(error);
    return { status: 500, headers: plain, body: `The metrics could not be read: ${reason}\n` };
  }
}
