/** How a client is accepted or refused. */

import { expect } from "vitest";
import { type Feature, isVersion2, receives } from "./scenario.ts";

export const connecting: readonly Feature[] = [
  {
    name: "Connecting",
    scenarios: [
      {
        title: "succeeds on the requested transport",
        async run(stage) {
          const socket = await stage.connect();
          const transport = stage.client.transport === "polling" ? "polling" : "websocket";
          const [who] = await socket.ask("who");
          expect(who).toMatchObject({ sid: expect.any(String), namespace: "/", transport });
          expect(await socket.currentTransport()).toBe(transport);
        },
      },
      {
        title: "passes a query to the server",
        async run(stage) {
          const socket = await stage.connect("/", { query: { visitor: "a b&c é" } });
          expect(await socket.ask("who")).toMatchObject([{ query: "a b&c é" }]);
        },
      },
      {
        title: "delivers the events of the connect handler after the acceptance, in order",
        async run(stage) {
          const socket = await stage.connect("/greeting");
          await receives(socket, [
            ["greeting", 1],
            ["greeting", 2],
            ["greeting", Buffer.from([3])],
          ]);
        },
      },
    ],
  },
  {
    name: "Auth data",
    missingIn: (client) =>
      isVersion2(client)
        ? "`auth` is new in version 3. Clients of version 2 send a query instead."
        : undefined,
    scenarios: [
      {
        title: "reaches the connect handler",
        async run(stage) {
          const auth = { token: "é", list: [1, { deep: null }] };
          const socket = await stage.connect("/", { auth });
          expect(await socket.ask("auth")).toEqual([auth]);
        },
      },
      {
        title: "opens a namespace to a client with the right token",
        async run(stage) {
          const socket = await stage.connect("/private", { auth: { token: "right" } });
          expect(await socket.ask("who")).toMatchObject([{ namespace: "/private" }]);
          await stage.refuse("/private", { auth: { token: "wrong" } });
        },
      },
    ],
  },
  {
    name: "Refusals, with a message and data",
    scenarios: [
      {
        title: "carry the handler's message and data",
        async run(stage) {
          const { message, data } = await stage.refuse("/private");
          expect(data).toEqual({ code: 7, help: ["buy one"] });
          // In the older protocol, the data replaces the message.
          if (!isVersion2(stage.client)) expect(message).toBe("no ticket");
        },
      },
      {
        title: "come from a handler that returns false",
        async run(stage) {
          expect((await stage.refuse("/closed")).message).toBe("Connection rejected by server");
        },
      },
      {
        title: "reveal nothing about a handler that fails",
        async run(stage) {
          const { message, data } = await stage.refuse("/broken");
          expect({ message, data }).toEqual({ message: "Connection rejected by server", data: undefined });
        },
      },
      {
        title: "come for a namespace without handlers",
        async run(stage) {
          expect((await stage.refuse("/nowhere")).message).toBe("Invalid namespace");
        },
      },
    ],
  },
];
