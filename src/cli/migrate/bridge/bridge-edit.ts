/** Changes the imports of a program, so that it runs on the bridge: `roomcast/socket.io` for `socket.io`. */

import type ts from "typescript-5.4";
import type { TypeScript } from "../javascript/parser-package.ts";

/** The new text of a file, and what a person has to do there. */
export interface BridgeEdit {
  readonly text: string;
  readonly problems: readonly { readonly line: number; readonly text: string }[];
}

/** What the bridge exports. */
export const bridgeNames: ReadonlySet<string> = new Set([
  ...["Server", "Namespace", "Socket", "BroadcastOperator", "RemoteSocket", "default"],
  ...["ServerOptions", "DefaultEventsMap", "DisconnectReason", "Event", "ExtendedError", "Handshake"],
]);

/** Calls whose first value is the name of a module. */
const loaders: ReadonlySet<string> = new Set([
  ...["require", "require.resolve", "jest.mock", "jest.unmock", "jest.requireActual"],
  ...["vi.mock", "vi.unmock", "vi.importActual", "import.meta.resolve"],
]);

const bridge = "roomcast/socket.io";

/** A text that is put in the place of another one. */
interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Rewrites the imports of one program. Everything else stays as it is, to the letter. */
export function bridgeEdit(typescript: TypeScript, path: string, text: string): BridgeEdit {
  const source = typescript.createSourceFile(path, text, typescript.ScriptTarget.Latest, true);
  const replacements: Replacement[] = [];
  const problems: { line: number; text: string }[] = [];
  const complain = (node: ts.Node, problem: string) =>
    problems.push({
      line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1,
      text: problem,
    });
  const visit = (node: ts.Node): void => {
    const name = moduleName(typescript, node, source);
    if (name !== undefined && isSocketIo(name.text)) {
      const imported = importedNames(typescript, node);
      for (const missing of imported.filter((each) => !bridgeNames.has(each)))
        complain(node, `the bridge does not export ${missing}`);
      // The quotation marks stay.
      replacements.push({ start: name.getStart(source) + 1, end: name.end - 1, text: bridge });
    }
    typescript.forEachChild(node, visit);
  };
  visit(source);
  let changed = text;
  for (const { start, end, text: inserted } of replacements.toSorted((a, b) => b.start - a.start))
    changed = changed.slice(0, start) + inserted + changed.slice(end);
  return { text: changed, problems };
}

/** The package itself, or one of its files, such as `socket.io/dist/typed-events`. */
function isSocketIo(name: string): boolean {
  return name === "socket.io" || name.startsWith("socket.io/");
}

/** The text by which a node names a module. */
function moduleName(
  typescript: TypeScript,
  node: ts.Node,
  source: ts.SourceFile,
): ts.StringLiteralLike | undefined {
  const { isStringLiteralLike } = typescript;
  const textOf = (each: ts.Node | undefined) =>
    each !== undefined && isStringLiteralLike(each) ? each : undefined;
  if (typescript.isImportDeclaration(node) || typescript.isExportDeclaration(node))
    return textOf(node.moduleSpecifier);
  if (typescript.isExternalModuleReference(node)) return textOf(node.expression);
  if (typescript.isModuleDeclaration(node)) return textOf(node.name);
  if (typescript.isImportTypeNode(node))
    return typescript.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined;
  if (!typescript.isCallExpression(node)) return undefined;
  const isImport = node.expression.kind === typescript.SyntaxKind.ImportKeyword;
  return isImport || loaders.has(node.expression.getText(source)) ? textOf(node.arguments[0]) : undefined;
}

/** The names that an import takes from the module. */
function importedNames(typescript: TypeScript, node: ts.Node): string[] {
  if (typescript.isImportDeclaration(node)) {
    const bindings = node.importClause?.namedBindings;
    if (bindings === undefined || !typescript.isNamedImports(bindings)) return [];
    return bindings.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
  }
  if (typescript.isExportDeclaration(node)) {
    const clause = node.exportClause;
    if (clause === undefined || !typescript.isNamedExports(clause)) return [];
    return clause.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
  }
  if (typescript.isImportTypeNode(node)) {
    const { qualifier } = node;
    return qualifier !== undefined && typescript.isIdentifier(qualifier) ? [qualifier.text] : [];
  }
  return [];
}
