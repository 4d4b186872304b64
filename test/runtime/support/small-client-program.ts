/**
 * A program with `roomcast/client` and the runtime's own WebSocket. Writes what it sees as lines of JSON, and
 * ends by itself once nothing keeps it.
 *
 * Arguments: the address of the server, one where there is none, and whether to speak MessagePack.
 */

import { type ClientError, connect, args as several } from "../../../src/client.ts";
import { messagePack } from "../../../src/msgpack.ts";

const [, , url = "", nowhere = "", parser] = process.argv;
const options = { minDelay: 50, maxDelay: 100, ...(parser === "msgpack" && { parser: messagePack }) };
const say = (line: object) => console.log(JSON.stringify(line));

const socket = connect(url, { ...options, auth: async () => ({ token: "x" }) });
socket.on("news", (text: string, bytes: Uint8Array) => {
  say({ news: text, bytes: [...bytes], isPlain: bytes.constructor === Uint8Array });
  if (text === "first") socket.emit("heard");
  else socket.disconnect();
});
socket.on("ask", (value: number) => value * 2);
socket.subscribe(() => {
  say({ state: socket.state });
  if (socket.state === "resuming") socket.emit("say", "waited");
});

const echo = await socket.call("echo", several(1, new Uint8Array([1, 2])));
say({
  echo: (echo as [number, Uint8Array]).map((value) => (typeof value === "number" ? value : [...value])),
});

for (const [name, address, path] of [
  ["unreachable", nowhere, undefined],
  ["refused", url, "/elsewhere/"],
] as const) {
  const other = connect(address, { ...options, path });
  const error = await new Promise<ClientError>((resolve) => other.on("connect_error", resolve));
  other.disconnect();
  say({ [name]: error.code });
}
socket.emit("ready");
