/** What a chain such as `io.to(room).emit(…)` becomes: the last member decides, others add options. */

import type ts from "typescript-5.4";
import type { UseMeaning } from "../program-use.ts";
import { listening } from "./expression-kinds.ts";
import type { TypeScript } from "./parser-package.ts";
import { type ObjectKind, socketIoEvent, socketIoMeaning, socketIoRow } from "./socketio-names.ts";

/** One member of a chain. */
export interface ChainLink {
  readonly name: string;
  readonly node: ts.PropertyAccessExpression;
  readonly call: ts.CallExpression | undefined;
}

/** What the members before the last one add to the options. */
const extraOptions: Readonly<Record<string, string>> = {
  volatile: "{ volatile: true }",
  compress: "{ compress: … }",
  local: "{ ignoreQueue: true }",
  except: "{ except: … }",
};

/** Names of Node's own sockets, which programs call `socket`, too. */
const ofNodeSockets: ReadonlySet<string> = new Set([
  ...["destroy", "destroyed", "end", "pipe", "unpipe", "pause", "resume", "setEncoding", "setTimeout"],
  ...["setNoDelay", "setKeepAlive", "remoteAddress", "remotePort", "readyState", "bufferedAmount", "close"],
]);

/** See the head of this file; `undefined` for a socket that is none of Socket.IO. */
export function chainMeaning(
  typescript: TypeScript,
  kind: ObjectKind,
  links: readonly ChainLink[],
): UseMeaning | undefined {
  const last = links.at(-1);
  const name = last?.name ?? "";
  const values = last?.call?.arguments ?? [];
  const event = last === undefined ? undefined : chainEvent(typescript, last);
  const ofEvent = listening.has(name) && event !== undefined ? socketIoEvent(kind, event) : undefined;
  if (ofEvent !== undefined) return ofEvent;
  const exact = exactRow(typescript, { kind, name, values, links });
  const meaning = exact === undefined ? socketIoMeaning(kind, name) : socketIoRow(exact);
  if (meaning === undefined) {
    if (kind !== "Socket") return unknownName();
    return ofNodeSockets.has(name) ? undefined : ownProperty(name);
  }
  const members = links.map((link) => socketIoMeaning(kind, link.name)?.bridge ?? "");
  const bridge = meaning.bridge || (members.find((note) => note !== "") ?? "");
  const options = [...new Set(links.slice(0, -1).map((link) => extraOptions[link.name]))].filter(Boolean);
  if (options.length === 0) return { ...meaning, bridge };
  const note = [`with ${options.join(", ")}`, meaning.note].filter(Boolean).join("; ");
  return { ...meaning, note, bridge };
}

/** The event that a call names. */
export function chainEvent({ isStringLiteralLike }: TypeScript, { call }: ChainLink): string | undefined {
  const first = call?.arguments[0];
  return first !== undefined && isStringLiteralLike(first) ? first.text : undefined;
}

/** A row that also depends on the values, or on the members before; `undefined` for none. */
function exactRow(
  typescript: TypeScript,
  {
    kind,
    name,
    values,
    links,
  }: {
    kind: ObjectKind;
    name: string;
    values: readonly ts.Expression[];
    links: readonly ChainLink[];
  },
): string | undefined {
  const has = (...names: readonly string[]) => links.some((link) => names.includes(link.name));
  const [first] = values;
  const last = values.at(-1);
  const { SyntaxKind } = typescript;
  switch (`${kind}.${name}`) {
    case "Server.of":
      if (first?.kind === SyntaxKind.RegularExpressionLiteral) return "`io.of(/^";
      return first !== undefined && isFunction(typescript, first) ? "`io.of((name" : undefined;
    case "Server.listen":
      return first?.kind === SyntaxKind.NumericLiteral ? "`new Server(3000)`" : undefined;
    case "Socket.emitWithAck":
      return has("timeout") ? "`socket.timeout(5000)" : undefined;
    case "Socket.emit":
      return last !== undefined && isFunction(typescript, last)
        ? "`socket.emit(event, data, callback)`"
        : undefined;
    case "SocketTarget.emit":
      return has("to", "in") ? undefined : "`socket.broadcast.emit";
    case "ServerTarget.emit":
      if (has("timeout")) return "`io.to(room).timeout";
      return has("to", "in") ? undefined : "`io.emit`";
    default:
      return undefined;
  }
}

function isFunction(typescript: TypeScript, node: ts.Node): boolean {
  return typescript.isArrowFunction(node) || typescript.isFunctionExpression(node);
}

function ownProperty(name: string): UseMeaning {
  return {
    library: "socket.io",
    verdict: "own",
    becomes: `session.${name}, or request.publicData.${name}`,
    note: "no name of Socket.IO's: what the program keeps on the socket",
    bridge: "",
  };
}

/** A name that the pages do not have. */
export function unknownName(): UseMeaning {
  return {
    library: "socket.io",
    verdict: "unknown",
    becomes: "",
    note: "the pages about Socket.IO do not have this name",
    bridge: "",
  };
}
