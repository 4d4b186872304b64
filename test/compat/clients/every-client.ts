/** Every client that is tested: the columns of the page, from left to right. */

import { type Client, transports } from "./client.ts";
import { JavaScriptClient, javaScriptVersions } from "./javascript-client.ts";

/** `socket.io-client` in each version, with the protocol's own parser. */
export const javaScriptClients: readonly Client[] = javaScriptVersions.flatMap((version) =>
  transports.map((transport) => new JavaScriptClient(version, transport)),
);

export const everyClient: readonly Client[] = javaScriptClients;
