import { expect, it } from "vitest";
import { type DescribedClient, fittingClients } from "../../src/admin/described-client.ts";

const client = (id: string): DescribedClient => ({
  id,
  clientId: "one#1",
  transport: "websocket",
  nsp: "/",
  data: { name: "x".repeat(500) },
  handshake: {
    address: "192.0.2.1",
    headers: { "user-agent": "test" },
    query: {},
    issued: 0,
    secure: true,
    time: "",
    url: "/",
    xdomain: false,
  },
  rooms: Array.from({ length: 100 }, (_, index) => `room${index}`),
});

it("describes those shortly that do not fit", () => {
  const clients = ["ada", "bob", "eve"].map(client);
  const limit = JSON.stringify(clients.slice(0, 2)).length;
  const fitting = fittingClients(clients, limit);
  expect(fitting.slice(0, 2)).toEqual(clients.slice(0, 2));
  expect(fitting[2]).toMatchObject({
    id: "eve",
    data: "…",
    handshake: { address: "192.0.2.1", headers: {} },
  });
  expect(fitting[2]?.rooms).toHaveLength(20);
});
