/**
 * Reads one program in JavaScript or TypeScript: where it uses Socket.IO. It follows names from imports,
 * types, and the parameters of listeners; where these tell nothing, parameters called `io` and `socket` are
 * taken by their names.
 */

import type ts from "typescript-5.4";
import { quoted } from "../../../base/printable.ts";
import { type ProgramUse, type UseMeaning, unchanged } from "../program-use.ts";
import { type ChainLink, chainEvent, chainMeaning, unknownName } from "./chain-meaning.ts";
import { ExpressionKinds, transitions } from "./expression-kinds.ts";
import type { NameKind } from "./name-scopes.ts";
import type { TypeScript } from "./parser-package.ts";
import {
  type ObjectKind,
  socketIoMeaning,
  socketIoOption,
  socketIoPackage,
  socketIoRow,
} from "./socketio-names.ts";

/** One program. */
export interface SourceProgram {
  /** Decides by its end whether it is TypeScript, and whether it has JSX. */
  readonly path: string;
  readonly text: string;
  /** Whether names alone tell a server and a socket. */
  readonly trustsNames: boolean;
}

/** Members that only say more of the call at the end of a chain. */
const modifiers: ReadonlySet<string> = new Set([
  ...["to", "in", "except", "volatile", "local", "compress", "timeout", "broadcast"],
]);
/** Members that lead to an object, and are nothing by themselves. */
const ways: ReadonlySet<string> = new Set(["engine", "handshake", "server", "conn"]);

/** Reads a program. */
export function readJavaScript(typescript: TypeScript, program: SourceProgram): ProgramUse[] {
  return new JavaScriptReader(typescript, program).read();
}

class JavaScriptReader {
  readonly #ts: TypeScript;
  readonly #source: ts.SourceFile;
  readonly #kinds: ExpressionKinds;
  /** Kinds of the first parameters of functions, by their names. */
  readonly #parameters = new Map<string, ObjectKind>();
  #uses: ProgramUse[] = [];

  constructor(typescript: TypeScript, { path, text, trustsNames }: SourceProgram) {
    this.#ts = typescript;
    this.#source = typescript.createSourceFile(path, text, typescript.ScriptTarget.Latest, true);
    this.#kinds = new ExpressionKinds(typescript, trustsNames);
  }

  read(): ProgramUse[] {
    // The first time finds what stands below its use, such as functions that are listeners.
    this.#visit(this.#source);
    this.#uses = [];
    this.#visit(this.#source);
    return this.#uses.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  #visit(node: ts.Node): void {
    const { isImportDeclaration, isVariableDeclaration, isFunctionLike, isBlock } = this.#ts;
    if (isImportDeclaration(node)) this.#onImport(node);
    else if (this.#ts.isImportEqualsDeclaration(node)) this.#onImportEquals(node);
    else if (isVariableDeclaration(node)) this.#onVariable(node);
    else if (this.#ts.isPropertyDeclaration(node)) this.#onMember(node);
    else if (this.#ts.isBinaryExpression(node)) this.#onAssignment(node);
    else if (this.#ts.isForOfStatement(node)) this.#onForOf(node);
    else if (isFunctionLike(node)) {
      this.#kinds.scopes.within(() => {
        this.#declareParameters(node);
        this.#ts.forEachChild(node, (child) => this.#visit(child));
      });
      return;
    } else if (isBlock(node)) {
      this.#kinds.scopes.within(() => this.#ts.forEachChild(node, (child) => this.#visit(child)));
      return;
    } else if (this.#ts.isNewExpression(node) || this.#ts.isCallExpression(node)) this.#onMake(node);
    if (this.#isChainEnd(node)) this.#onChain(node);
    this.#ts.forEachChild(node, (child) => this.#visit(child));
  }

  #onImport(node: ts.ImportDeclaration): void {
    if (!this.#ts.isStringLiteral(node.moduleSpecifier)) return;
    const name = node.moduleSpecifier.text;
    this.#onPackage(name, node);
    const { importClause } = node;
    if (importClause === undefined || (name !== "socket.io" && name !== "socket.io-client")) return;
    const bindings = importClause.namedBindings;
    const whole: NameKind = name === "socket.io" ? "module" : "client module";
    if (importClause.name !== undefined) this.#kinds.scopes.declare(importClause.name.text, whole);
    if (bindings === undefined) return;
    if (this.#ts.isNamespaceImport(bindings)) this.#kinds.scopes.declare(bindings.name.text, whole);
    else
      for (const { name: local, propertyName } of bindings.elements)
        this.#declareImported(name, (propertyName ?? local).text, local.text);
  }

  #onImportEquals({ name, moduleReference }: ts.ImportEqualsDeclaration): void {
    if (!this.#ts.isExternalModuleReference(moduleReference)) return;
    const { expression } = moduleReference;
    if (!this.#ts.isStringLiteral(expression)) return;
    this.#onPackage(expression.text, moduleReference);
    if (expression.text === "socket.io") this.#kinds.scopes.declare(name.text, "module");
  }

  #declareImported(from: string, imported: string, local: string): void {
    if (from === "socket.io-client") {
      if (["io", "connect", "default"].includes(imported)) this.#kinds.scopes.declare(local, "client module");
      if (imported === "Socket") this.#kinds.types.delete(local);
    } else if (imported === "Server" || imported === "default") {
      this.#kinds.scopes.declare(local, "Server class");
      this.#kinds.types.set(local, "Server");
    } else if (imported === "Socket" || imported === "Namespace") this.#kinds.types.set(local, imported);
    else if (imported === "RemoteSocket") this.#kinds.types.set(local, "RemoteSocket");
  }

  /** A package by its name, wherever the program loads it. */
  #onPackage(name: string, node: ts.Node): void {
    if (name === "socket.io")
      this.#add(node, `from "${name}"`, {
        library: "socket.io",
        verdict: "changes",
        becomes: 'from "roomcast"',
        note: 'or from "roomcast/socket.io", the bridge',
        bridge: "",
      });
    else if (name === "socket.io-client")
      this.#add(
        node,
        `from "${name}"`,
        unchanged("socket.io-client", "stays: clients of Socket.IO are served"),
      );
    else {
      const meaning = socketIoPackage(name);
      if (meaning !== undefined) this.#add(node, `from "${name}"`, meaning);
    }
  }

  #onVariable({ name, initializer, type }: ts.VariableDeclaration): void {
    if (this.#ts.isIdentifier(name)) {
      const kind =
        this.#kinds.kindOfType(type) ?? (initializer && this.#kinds.kindOf(initializer)) ?? "other";
      this.#kinds.scopes.declare(name.text, kind);
      return;
    }
    const required = initializer && this.#kinds.requiredPackage(initializer);
    if (!this.#ts.isObjectBindingPattern(name)) return;
    for (const { name: local, propertyName } of name.elements) {
      if (!this.#ts.isIdentifier(local)) continue;
      const imported =
        propertyName !== undefined && this.#ts.isIdentifier(propertyName) ? propertyName : local;
      if (required !== undefined) this.#declareImported(required, imported.text, local.text);
      else if (initializer !== undefined && this.#kinds.kindOf(initializer) === "Socket")
        this.#reportDestructured(local, imported.text);
    }
  }

  /** `const { id, handshake } = socket`. */
  #reportDestructured(node: ts.Identifier, name: string): void {
    const meaning = socketIoMeaning("Socket", name);
    if (meaning !== undefined) this.#add(node, `socket.${name}`, meaning);
    this.#kinds.scopes.declare(node.text, transitions.Socket?.[name] ?? "other");
  }

  #onMember({ name, type, initializer }: ts.PropertyDeclaration): void {
    const kind = this.#kinds.kindOfType(type) ?? (initializer && this.#kinds.kindOf(initializer));
    if (kind !== undefined && this.#ts.isIdentifier(name)) this.#kinds.members.set(name.text, kind);
  }

  /** `this.io = new Server()`, and `io = new Server()` of a variable that is declared before. */
  #onAssignment({ left, right, operatorToken }: ts.BinaryExpression): void {
    if (operatorToken.kind !== this.#ts.SyntaxKind.EqualsToken) return;
    const kind = this.#kinds.kindOf(right);
    if (kind === undefined || kind === "other") return;
    if (this.#ts.isIdentifier(left)) this.#kinds.scopes.declare(left.text, kind);
    else if (this.#ts.isPropertyAccessExpression(left) && this.#kinds.isThis(left.expression))
      this.#kinds.members.set(left.name.text, kind);
  }

  #onForOf({ initializer, expression }: ts.ForOfStatement): void {
    if (!this.#ts.isVariableDeclarationList(initializer)) return;
    const [declaration] = initializer.declarations;
    if (declaration && this.#ts.isIdentifier(declaration.name))
      this.#kinds.scopes.declare(
        declaration.name.text,
        this.#kinds.kindOf(expression) === "RemoteSocket list" ? "RemoteSocket" : "other",
      );
  }

  #declareParameters(node: ts.SignatureDeclaration): void {
    const own = node.name !== undefined && this.#ts.isIdentifier(node.name) ? node.name.text : undefined;
    const variable = this.#ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined;
    const name = variable && this.#ts.isIdentifier(variable) ? variable.text : own;
    const first = (name === undefined ? undefined : this.#parameters.get(name)) ?? this.#kindOfListener(node);
    for (const [index, { name: parameter, type }] of node.parameters.entries()) {
      if (!this.#ts.isIdentifier(parameter)) continue;
      const typed = this.#kinds.kindOfType(type);
      const kind = typed ?? (index === 0 ? first : undefined) ?? this.#kinds.kindByName(parameter.text, type);
      this.#kinds.scopes.declare(parameter.text, kind);
      const hasMember =
        this.#ts.isParameter(parameter.parent) && (parameter.parent.modifiers?.length ?? 0) > 0;
      if (hasMember && kind !== "other") this.#kinds.members.set(parameter.text, kind);
    }
  }

  /** A function that is given to `io.on("connection", …)` or `io.use(…)`: its first parameter is a socket. */
  #kindOfListener(node: ts.Node): ObjectKind | undefined {
    const { parent } = node;
    return this.#ts.isCallExpression(parent) && this.#kinds.takesSocket(parent) ? "Socket" : undefined;
  }

  /** A package that is required, a server that is made with its options, or a client. */
  #onMake(node: ts.NewExpression | ts.CallExpression): void {
    const required = this.#kinds.requiredPackage(node);
    if (required !== undefined) this.#onPackage(required, node);
    const kind = this.#kinds.kindOf(node.expression);
    const isServer = this.#ts.isNewExpression(node)
      ? this.#kinds.isServerClass(node.expression)
      : kind === "module";
    if (isServer) this.#onServer(node);
    const isSocketListener = this.#ts.isCallExpression(node) && this.#kinds.takesSocket(node);
    const listener = isSocketListener ? node.arguments?.at(-1) : undefined;
    if (listener !== undefined && this.#ts.isIdentifier(listener))
      this.#parameters.set(listener.text, "Socket");
  }

  #onServer(node: ts.NewExpression | ts.CallExpression): void {
    const [first] = node.arguments ?? [];
    const isPort = first !== undefined && this.#ts.isNumericLiteral(first);
    const title = isPort ? "`new Server(3000)`" : "`new Server(httpServer, options)`";
    this.#add(node, isPort ? "new Server(port)" : "new Server(…)", socketIoRow(title));
    for (const options of node.arguments ?? []) {
      if (!this.#ts.isObjectLiteralExpression(options)) continue;
      for (const property of options.properties) {
        const { name } = property;
        if (name === undefined || !(this.#ts.isIdentifier(name) || this.#ts.isStringLiteral(name))) continue;
        this.#add(name, `option ${name.text}`, socketIoOption(name.text) ?? unknownName());
      }
    }
  }

  /** Whether a node is a chain that is no part of a longer one. */
  #isChainEnd(node: ts.Node): node is ts.CallExpression | ts.PropertyAccessExpression {
    const { parent } = node;
    if (this.#ts.isPropertyAccessExpression(node)) {
      const isCalled = parent && this.#ts.isCallExpression(parent) && parent.expression === node;
      return !isCalled && !this.#isMiddle(node);
    }
    if (!this.#ts.isCallExpression(node)) return false;
    return this.#ts.isPropertyAccessExpression(node.expression) && !this.#isMiddle(node);
  }

  #isMiddle(node: ts.Node): boolean {
    const { parent } = node;
    return parent && this.#ts.isPropertyAccessExpression(parent) && parent.expression === node;
  }

  #onChain(end: ts.CallExpression | ts.PropertyAccessExpression): void {
    const links: ChainLink[] = [];
    let node: ts.Expression = end;
    let kind = this.#kinds.kindOf(node);
    for (;;) {
      const call: ts.CallExpression | undefined = this.#ts.isCallExpression(node) ? node : undefined;
      const access: ts.Expression = call === undefined ? node : call.expression;
      if (!this.#ts.isPropertyAccessExpression(access)) break;
      links.unshift({ name: access.name.text, node: access, call });
      node = this.#kinds.unwrapped(access.expression);
      kind = this.#kinds.kindOf(node);
      const isRoot =
        this.#ts.isIdentifier(node) ||
        (this.#ts.isPropertyAccessExpression(node) && this.#kinds.isThis(node.expression));
      if (isRoot && kind !== undefined) break;
    }
    if (kind !== undefined) this.#reportChain(kind, links);
  }

  #reportChain(root: NameKind, links: readonly ChainLink[]): void {
    let kind: NameKind | undefined = root;
    let said: ChainLink[] = [];
    for (const link of links) {
      if (kind === undefined || !isObject(kind)) return;
      const next: NameKind | undefined = transitions[kind]?.[link.name];
      if (ways.has(link.name) && next !== undefined) {
        // A way to another object is no use by itself, unless the pages have a row for it.
        if (link === links.at(-1) && socketIoMeaning(kind, link.name) !== undefined)
          this.#report(kind, [link]);
        kind = next;
        continue;
      }
      said.push(link);
      if (link !== links.at(-1) && modifiers.has(link.name)) {
        kind = next;
        continue;
      }
      this.#report(kind, said);
      // A listener of the server returns the server; what an application has of its own leads nowhere.
      kind = next;
      said = [];
    }
  }

  #report(kind: ObjectKind, links: readonly ChainLink[]): void {
    const last = links.at(-1);
    if (last === undefined) return;
    const shown = links.map((link) => `.${link.name}${link.call === undefined ? "" : this.#shownCall(link)}`);
    const api = `${rootNames[kind]}${shown.join("")}`;
    const meaning = chainMeaning(this.#ts, kind, links);
    if (meaning !== undefined) this.#add(last.node.name, api, meaning);
  }

  #shownCall(link: ChainLink): string {
    const event = chainEvent(this.#ts, link);
    if (event !== undefined) return `(${quoted(event)})`;
    return link.call?.arguments.length === 0 ? "()" : "(…)";
  }

  #add(node: ts.Node, api: string, meaning: UseMeaning): void {
    const { line, character } = this.#source.getLineAndCharacterOfPosition(node.getStart(this.#source));
    this.#uses.push({ api, line: line + 1, column: character + 1, ...meaning });
  }
}

/** How a chain begins in the report. */
const rootNames: Readonly<Record<ObjectKind, string>> = {
  Server: "io",
  Namespace: "namespace",
  ServerTarget: "io",
  Socket: "socket",
  SocketTarget: "socket",
  Engine: "io.engine",
  Connection: "socket.conn",
  Handshake: "socket.handshake",
  RemoteSocket: "remoteSocket",
};

function isObject(kind: NameKind): kind is ObjectKind {
  return Object.hasOwn(rootNames, kind);
}
