/** Every client under test: the columns of the page, from left to right. */

import { type Client, transports } from "./client.ts";
import { JavaScriptClient, javaScriptVersions } from "./javascript-client.ts";
import { PythonClient } from "./python-client.ts";

/** `socket.io-client` in each version, and the newest once more with MessagePack. */
export const javaScriptClients: readonly Client[] = [
  ...javaScriptVersions.flatMap((version) =>
    transports.map((transport) => new JavaScriptClient(version, transport)),
  ),
  ...transports.map((transport) => new JavaScriptClient("4.8", transport, "msgpack")),
];

/** `python-socketio`, and once more with MessagePack. */
export const pythonClients: readonly Client[] = (["default", "msgpack"] as const).flatMap((parser) =>
  transports.map((transport) => new PythonClient(transport, parser)),
);

export const everyClient: readonly Client[] = [...javaScriptClients, ...pythonClients];
