import { expect, it } from "vitest";
import { scrapeExchange } from "../../src/prometheus/scrape-exchange.ts";

it("answers a Request with a Response, and knows the address that Bun's server tells", async () => {
  const request = new Request("http://localhost/metrics", { headers: { "X-Own": "1" } });
  const server = { requestIP: () => ({ address: "10.0.0.1" }) };
  const { request: seen, answer } = scrapeExchange(request, server);
  expect([seen.address, seen.header("x-own"), seen.header("x-other")]).toEqual(["10.0.0.1", "1", null]);
  const response = answer({
    status: 200,
    headers: { "content-type": "text/plain" },
    body: "text",
  }) as Response;
  expect([response.status, await response.text()]).toEqual([200, "text"]);
});

it.each([[undefined], [{}], ["GET /metrics"]])("refuses %j, and names what it takes", (first) => {
  expect(() => scrapeExchange(first, undefined)).toThrow(
    expect.objectContaining({
      code: "ERR_APP",
      message: expect.stringContaining("Express, Fastify, Koa, Hono"),
    }),
  );
});
