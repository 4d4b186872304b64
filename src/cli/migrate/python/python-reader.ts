/**
 * Reads one program in Python: where it uses Flask-SocketIO. It follows imports and the names of servers, and
 * takes `request`, `session` and other names of Flask only within handlers.
 */

import { quoted } from "../../../base/printable.ts";
import { type ProgramUse, type UseMeaning, unchanged } from "../program-use.ts";
import {
  type FlaskOptionGroup,
  flaskFunction,
  flaskMethod,
  flaskNamespaceMember,
  flaskOption,
  flaskRequestMember,
  flaskRow,
  flaskSurrounding,
} from "./flask-names.ts";
import { type PythonToken, pythonTokens } from "./python-tokens.ts";

/** Reads a program. */
export function readPython(source: string): ProgramUse[] {
  return new PythonReader(source).read();
}

/** A block of the program that means something. */
interface Block {
  /** The block has all lines that are indented further. */
  readonly indent: number;
  readonly type: "handler" | "namespace class" | "other";
}

class PythonReader {
  readonly #tokens: readonly PythonToken[];
  /** What the program calls the names of the library. */
  readonly #imported = new Map<string, string>();
  readonly #modules = new Set<string>();
  readonly #servers = new Set<string>();
  #blocks: Block[] = [];
  /** Whether the decorators above made the next function a handler. */
  #isDecorated = false;
  readonly #uses: ProgramUse[] = [];

  constructor(source: string) {
    this.#tokens = pythonTokens(source);
  }

  read(): ProgramUse[] {
    this.#findServers();
    for (let at = 0; at < this.#tokens.length; at++) {
      const token = this.#tokens[at] as PythonToken;
      if (token.type === "line") this.#onLine(token, at + 1);
      else if (token.type === "name") this.#onName(token, at);
    }
    return this.#uses;
  }

  /** Imports and `socketio = SocketIO(…)`: functions may use a server that is made below them. */
  #findServers(): void {
    for (const [at, token] of this.#tokens.entries()) {
      if (token.type === "line") this.#onImport(at + 1);
      const isServer = token.type === "name" && this.#imported.get(token.text) === "SocketIO";
      const isAttribute = this.#textAt(at - 1) === ".";
      const assigned = isAttribute ? at - 3 : at - 1;
      const [sign, name] = [this.#textAt(assigned), this.#tokens[assigned - 1]];
      if (isServer && sign === "=" && name?.type === "name") this.#servers.add(name.text);
    }
  }

  #onImport(at: number): void {
    if (this.#textAt(at) === "import" && this.#textAt(at + 1) === "flask_socketio") {
      this.#modules.add(this.#textAt(at + 2) === "as" ? this.#textAt(at + 3) : "flask_socketio");
      for (const name of ["SocketIO", "Namespace"]) this.#imported.set(name, name);
      return;
    }
    const isFrom = this.#textAt(at) === "from" && this.#textAt(at + 2) === "import";
    const from = this.#textAt(at + 1);
    if (!isFrom || (from !== "flask_socketio" && from !== "flask" && from !== "flask_login")) {
      this.#onLocalImport(at);
      return;
    }
    for (let next = at + 3; this.#isInLine(next, at); next++) {
      const token = this.#tokens[next];
      if (token?.type !== "name" || this.#textAt(next - 1) === "as") continue;
      const alias = this.#textAt(next + 1) === "as" ? this.#textAt(next + 2) : token.text;
      if (token.text !== "as") this.#imported.set(alias, token.text);
    }
  }

  /** `from app import socketio`, or `from . import socketio`: the server of another file. */
  #onLocalImport(at: number): void {
    if (this.#textAt(at) !== "from") return;
    for (let next = at + 1; this.#isInLine(next, at); next++)
      if (
        this.#textAt(next) === "socketio" &&
        this.#textAt(next + 1) !== "import" &&
        this.#textAt(next - 1) !== "from"
      )
        this.#servers.add("socketio");
  }

  /** Lines of imports are short; brackets may hold several. */
  #isInLine(at: number, start: number): boolean {
    return at < this.#tokens.length && at < start + 200 && this.#tokens[at]?.type !== "line";
  }

  #onLine(line: PythonToken, at: number): void {
    this.#blocks = this.#blocks.filter((block) => line.indent > block.indent);
    const first = this.#textAt(at) === "async" ? at + 1 : at;
    const word = this.#textAt(first);
    if (word === "@") {
      this.#onDecorator(first);
      return;
    }
    if (word === "class") this.#onClass(line, first);
    else if (word === "def") this.#onFunction(line, first);
    this.#isDecorated = false;
    if (word !== "from" || this.#textAt(first + 1) !== "flask_socketio") return;
    this.#add(this.#tokens[first], "from flask_socketio", {
      ...flaskRow("`SocketIO(app"),
      becomes: 'from "roomcast"',
      note: "",
    });
  }

  #onDecorator(at: number): void {
    const name = this.#textAt(at + 1);
    const member = this.#textAt(at + 3);
    if (this.#servers.has(name) && /^(?:on|event|on_error|on_error_default)$/.test(member))
      this.#isDecorated = true;
  }

  #onClass(line: PythonToken, at: number): void {
    const bases: string[] = [];
    for (let next = at + 2; this.#isInLine(next, at) && this.#textAt(next) !== ")"; next++)
      bases.push(this.#textAt(next));
    const isNamespace = bases.some((base) => this.#imported.get(base) === "Namespace");
    if (!isNamespace) return;
    this.#blocks.push({ indent: line.indent, type: "namespace class" });
    this.#add(
      this.#tokens[at + 1],
      `class ${this.#textAt(at + 1)}(Namespace)`,
      flaskRow("`class Chat(Namespace)`"),
    );
  }

  #onFunction(line: PythonToken, at: number): void {
    const isMethod = this.#blocks.at(-1)?.type === "namespace class";
    const name = this.#textAt(at + 1);
    if (isMethod && name === "trigger_event")
      this.#add(this.#tokens[at + 1], "def trigger_event", flaskNamespaceMember(name));
    if (isMethod && name.startsWith("on_"))
      this.#add(this.#tokens[at + 1], `def ${name}`, {
        ...unchanged("Flask-SocketIO", `${name}(data) {}`),
        verdict: "changes",
      });
    const isHandler = this.#isDecorated || (isMethod && name.startsWith("on_"));
    this.#blocks.push({ indent: line.indent, type: isHandler ? "handler" : "other" });
  }

  #onName(token: PythonToken, at: number): void {
    const before = this.#textAt(at - 1);
    if (before === "." || before === "def" || before === "class" || before === "import") return;
    if (this.#isKeyword(at)) return;
    const { text } = token;
    const isCall = this.#textAt(at + 1) === "(";
    const member = this.#textAt(at + 1) === "." ? this.#textAt(at + 2) : "";
    const imported = this.#imported.get(text);
    if (this.#servers.has(text) && member !== "") this.#onMethod(at, member);
    else if (this.#modules.has(text) && member !== "") this.#onFunctionCall(at + 2, member);
    else if (imported === "SocketIO" && isCall) this.#onServer(at);
    else if (imported === "SocketIO" && member === "reason")
      this.#add(token, "SocketIO.reason", flaskMethod("reason"));
    else if (text === "self" && this.#isInNamespace() && member !== "") this.#onSelf(token, member);
    else if (imported !== undefined && isCall && flaskFunction(imported) !== undefined)
      this.#onFunctionCall(at, imported);
    else if (imported === text && this.#blocks.some(({ type }) => type === "handler"))
      this.#onSurrounding(token, member);
    else if (imported === "copy_current_request_context")
      this.#add(token, `@${text}`, flaskSurrounding(imported));
  }

  /** Whether a name is that of a keyword argument, such as `session` in `f(session=5)`. */
  #isKeyword(at: number): boolean {
    return (
      this.#textAt(at + 1) === "=" &&
      this.#textAt(at + 2) !== "=" &&
      ["(", ","].includes(this.#textAt(at - 1)) &&
      this.#tokens[at - 1]?.type === "sign"
    );
  }

  #isInNamespace(): boolean {
    return this.#blocks.some(({ type }) => type === "namespace class");
  }

  #onMethod(at: number, member: string): void {
    const token = this.#tokens[at + 2];
    const first = this.#textAt(at + 3) === "(" ? this.#tokens[at + 4] : undefined;
    const event = first?.type === "text" ? first.text : undefined;
    const sign = this.#textAt(at - 1) === "@" ? "@" : "";
    const shown = event === undefined ? "" : `(${quoted(event)})`;
    const isAny = member === "on" && event === "*";
    const meaning = isAny ? flaskRow('`socketio.on("*")`') : flaskMethod(member);
    this.#add(token, `${sign}socketio.${member}${shown}`, meaning);
    if (member === "run") this.#onOptions("run", at + 3);
    if (["emit", "send", "call"].includes(member)) this.#onOptions("emit", at + 3);
    if (member === "init_app") this.#onOptions("constructor", at + 3);
  }

  #onFunctionCall(at: number, name: string): void {
    const token = this.#tokens[at];
    const first = this.#textAt(at + 1) === "(" ? this.#tokens[at + 2] : undefined;
    const event = first?.type === "text" && ["emit", "call"].includes(name) ? `(${quoted(first.text)})` : "";
    if (name === "SocketIO") {
      this.#onServer(at);
      return;
    }
    this.#add(token, `${name}${event}`, flaskFunction(name));
    if (["emit", "send", "call"].includes(name)) this.#onOptions("emit", at + 1);
  }

  #onServer(at: number): void {
    const isEmpty = this.#textAt(at + 2) === ")";
    this.#add(
      this.#tokens[at],
      isEmpty ? "SocketIO()" : "SocketIO(…)",
      flaskRow(isEmpty ? "`SocketIO()`" : "`SocketIO(app"),
    );
    this.#onOptions("constructor", at + 1);
  }

  #onSelf(token: PythonToken, member: string): void {
    const meaning = flaskNamespaceMember(member);
    if (meaning !== undefined) this.#add(token, `self.${member}`, meaning);
  }

  #onSurrounding(token: PythonToken, member: string): void {
    if (token.text === "request") {
      if (member !== "") this.#add(token, `request.${member}`, flaskRequestMember(member));
      return;
    }
    const meaning = flaskSurrounding(token.text);
    if (meaning !== undefined) this.#add(token, token.text, meaning);
  }

  /** The keyword arguments of a call whose bracket is at a place. */
  #onOptions(group: FlaskOptionGroup, open: number): void {
    if (this.#textAt(open) !== "(") return;
    let depth = 0;
    for (let at = open; at < this.#tokens.length; at++) {
      const token = this.#tokens[at] as PythonToken;
      if (token.type === "sign" && "([{".includes(token.text)) depth += 1;
      else if (token.type === "sign" && ")]}".includes(token.text)) depth -= 1;
      if (depth === 0) return;
      if (depth === 1 && token.type === "name" && this.#isKeyword(at)) {
        const value = this.#tokens[at + 2];
        const isEmptyList = value?.text === "[" && this.#textAt(at + 3) === "]";
        const shown = isEmptyList ? "[]" : shownValue(value);
        this.#add(token, `${token.text}=`, flaskOption(group, token.text, shown));
      }
    }
  }

  #textAt(at: number): string {
    const token = this.#tokens[at];
    return token === undefined || token.type === "text" || token.type === "line" ? "" : token.text;
  }

  #add(token: PythonToken | undefined, api: string, meaning: UseMeaning | undefined): void {
    if (token === undefined) return;
    this.#uses.push({ api, line: token.line, column: token.column, ...(meaning ?? unknownName) });
  }
}

function shownValue(value: PythonToken | undefined): string {
  return value?.type === "text" ? JSON.stringify(value.text) : (value?.text ?? "");
}

const unknownName: UseMeaning = {
  library: "Flask-SocketIO",
  verdict: "unknown",
  becomes: "",
  note: "the page about Flask-SocketIO does not have this name",
  bridge: null,
};
