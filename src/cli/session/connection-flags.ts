/** The options by which every command says which server it means. They are loaded at each start. */

import type { FlagSpec } from "../command.ts";

const headerFlag = {
  flag: "-H, --header <field>",
  text: 'a field of each request, as in "Cookie: id=1"; several times',
};
const timeoutFlag = {
  flag: "--timeout <duration>",
  text: "for the connection, and for each answer (default 10s)",
};
const insecureFlag = { flag: "--insecure", text: "take any certificate" };
const authorityFlag = { flag: "--ca <file>", text: "trust the authority in this PEM file, too" };

/** The options in the help. */
export const connectionFlags: readonly FlagSpec[] = [
  { flag: "-n, --namespace <name>", text: "the namespace; the path of the URL names it, too" },
  { flag: "--auth <json>", text: "what the server's connect handler gets; @file reads it from a file" },
  headerFlag,
  { flag: "--origin <origin>", text: "connect as a page of this origin does" },
  { flag: "--path <path>", text: "where the server has Socket.IO (default /socket.io/)" },
  { flag: "--transport <name>", text: "auto (default: polling, then WebSocket), polling or websocket" },
  { flag: "--eio <revision>", text: "auto (default), 4 (Socket.IO 3 and 4) or 3 (Socket.IO 2)" },
  timeoutFlag,
  insecureFlag,
  authorityFlag,
];

/** Those of a command that sends requests, and opens no connection. */
export const requestFlags: readonly FlagSpec[] = [headerFlag, timeoutFlag, insecureFlag, authorityFlag];
