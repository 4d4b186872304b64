/** What the expressions of a program stand for: servers, sockets and other objects of Socket.IO. */

import type ts from "typescript-5.4";
import { type NameKind, NameScopes } from "./name-scopes.ts";
import type { TypeScript } from "./parser-package.ts";
import type { ObjectKind } from "./socketio-names.ts";

/** What a member of an object is. */
export const transitions: Readonly<Partial<Record<NameKind, Readonly<Record<string, NameKind>>>>> = {
  Server: {
    ...{ of: "Namespace", sockets: "Namespace", engine: "Engine" },
    ...{ to: "ServerTarget", in: "ServerTarget", except: "ServerTarget", volatile: "ServerTarget" },
    ...{ local: "ServerTarget", compress: "ServerTarget", timeout: "ServerTarget" },
    ...{ fetchSockets: "RemoteSocket list", on: "Server", use: "Server" },
  },
  Namespace: {
    server: "Server",
    ...{ to: "ServerTarget", in: "ServerTarget", except: "ServerTarget", volatile: "ServerTarget" },
    ...{ local: "ServerTarget", compress: "ServerTarget", timeout: "ServerTarget" },
    ...{ fetchSockets: "RemoteSocket list", on: "Namespace", use: "Namespace" },
  },
  ServerTarget: {
    ...{ to: "ServerTarget", in: "ServerTarget", except: "ServerTarget", volatile: "ServerTarget" },
    ...{ local: "ServerTarget", compress: "ServerTarget", timeout: "ServerTarget" },
    fetchSockets: "RemoteSocket list",
  },
  Socket: {
    ...{ broadcast: "SocketTarget", to: "SocketTarget", in: "SocketTarget", except: "SocketTarget" },
    ...{ local: "SocketTarget", volatile: "Socket", compress: "Socket", timeout: "Socket" },
    ...{ nsp: "Namespace", server: "Server", conn: "Connection", handshake: "Handshake", on: "Socket" },
  },
  SocketTarget: {
    ...{ to: "SocketTarget", in: "SocketTarget", except: "SocketTarget", volatile: "SocketTarget" },
    ...{ local: "SocketTarget", compress: "SocketTarget", timeout: "SocketTarget" },
  },
};

/** Methods that take the name of an event and a listener. */
export const listening: ReadonlySet<string> = new Set(["on", "once", "addListener", "off"]);

/** Knows the names of one program, and what its expressions are. */
export class ExpressionKinds {
  readonly scopes = new NameScopes();
  /** Kinds of members of `this`, by their names. */
  readonly members = new Map<string, NameKind>();
  /** Names of imported types. */
  readonly types = new Map<string, ObjectKind>();
  readonly #ts: TypeScript;
  readonly #trustsNames: boolean;

  /**
   * @param typescript - the parser
   * @param trustsNames - whether parameters called `io` and `socket` are taken by their names
   */
  constructor(typescript: TypeScript, trustsNames: boolean) {
    this.#ts = typescript;
    this.#trustsNames = trustsNames;
  }

  takesSocket({ expression, arguments: given }: ts.CallExpression): boolean {
    if (!this.#ts.isPropertyAccessExpression(expression)) return false;
    const kind = this.kindOf(expression.expression);
    if (kind !== "Server" && kind !== "Namespace") return false;
    if (expression.name.text === "use") return true;
    const event = given[0];
    return (
      listening.has(expression.name.text) &&
      event !== undefined &&
      this.#ts.isStringLiteralLike(event) &&
      /^connect(?:ion)?$/.test(event.text)
    );
  }

  kindByName(name: string, type: ts.TypeNode | undefined): NameKind {
    if (!this.#trustsNames || type !== undefined) return "other";
    return name === "io" ? "Server" : name === "socket" ? "Socket" : "other";
  }

  kindOfType(type: ts.TypeNode | undefined): ObjectKind | undefined {
    if (type === undefined || !this.#ts.isTypeReferenceNode(type)) return undefined;
    const { typeName } = type;
    if (this.#ts.isIdentifier(typeName)) return this.types.get(typeName.text);
    const isModule =
      this.#ts.isIdentifier(typeName.left) && this.scopes.find(typeName.left.text) === "module";
    const { text } = typeName.right;
    return isModule && (text === "Server" || text === "Socket" || text === "Namespace") ? text : undefined;
  }

  /** What an expression is; `undefined` where that is not known. */
  kindOf(expression: ts.Expression): NameKind | undefined {
    const node = this.unwrapped(expression);
    if (this.#ts.isIdentifier(node)) return this.scopes.find(node.text);
    if (this.#ts.isNewExpression(node)) return this.isServerClass(node.expression) ? "Server" : undefined;
    if (this.#ts.isPropertyAccessExpression(node)) {
      if (this.isThis(node.expression)) return this.members.get(node.name.text);
      const kind = this.kindOf(node.expression);
      if (kind === "module" && node.name.text === "Server") return "Server class";
      return kind && transitions[kind]?.[node.name.text];
    }
    if (!this.#ts.isCallExpression(node)) return undefined;
    const required = this.requiredPackage(node);
    if (required !== undefined)
      return required === "socket.io"
        ? "module"
        : required === "socket.io-client"
          ? "client module"
          : undefined;
    const called = this.kindOf(node.expression);
    if (called === "module") return "Server";
    if (called === "client module") return "client socket";
    if (this.#ts.isIdentifier(node.expression) && node.expression.text === "io" && called === undefined)
      return "client socket";
    return called;
  }

  /** `require("x")` and `await import("x")`. */
  requiredPackage(expression: ts.Expression): string | undefined {
    const node = this.unwrapped(expression);
    if (!this.#ts.isCallExpression(node)) return undefined;
    const isImport = node.expression.kind === this.#ts.SyntaxKind.ImportKeyword;
    const isRequire = this.#ts.isIdentifier(node.expression) && node.expression.text === "require";
    const [name] = node.arguments;
    const isText = name !== undefined && this.#ts.isStringLiteralLike(name);
    return (isImport || isRequire) && isText ? name.text : undefined;
  }

  isServerClass(expression: ts.Expression): boolean {
    const kind = this.kindOf(expression);
    return kind === "Server class" || kind === "module";
  }

  isThis(node: ts.Node): boolean {
    return node.kind === this.#ts.SyntaxKind.ThisKeyword;
  }

  unwrapped(expression: ts.Expression): ts.Expression {
    let node = expression;
    while (
      this.#ts.isParenthesizedExpression(node) ||
      this.#ts.isAwaitExpression(node) ||
      this.#ts.isNonNullExpression(node) ||
      this.#ts.isAsExpression(node)
    )
      node = node.expression;
    return node;
  }
}
