/** The options of a test client. */

import { RoomcastError } from "../base/errors.ts";
import {
  booleanOption,
  type GivenOptions,
  type Hint,
  isPlainObject,
  numberOption,
  option,
  type ResolvedOptions,
  show,
} from "../base/options.ts";
import { isNamespaceName } from "../core/model/namespace-name.ts";

/** A query: a text, its parameters, or an object in which a list repeats a parameter. */
type Query = string | URLSearchParams | Readonly<Record<string, string | readonly string[]>>;

const isText = (value: unknown) => typeof value === "string";
const isTextOrTexts = (value: unknown) => isText(value) || (Array.isArray(value) && value.every(isText));
const isRecordOf = (value: unknown, accepts: (entry: unknown) => boolean) =>
  isPlainObject(value) && Object.values(value).every((entry) => entry === undefined || accepts(entry));

/** All options of `testClient()`. */
export const testClientOptions = {
  /** Header fields of its request, such as `{ cookie: "…" }`. */
  headers: option<Readonly<Record<string, string | string[] | undefined>>>(
    {},
    "an object of texts, or lists of texts",
    (value) => isRecordOf(value, isTextOrTexts),
  ),
  /**
   * The query of its request: a text such as `"a=1&a=2"`, an object such as `{ a: ["1", "2"] }`, or
   * `URLSearchParams`.
   */
  query: option<Query>(
    {},
    "a string, an object of strings or lists of strings, or URLSearchParams",
    (value) => isText(value) || value instanceof URLSearchParams || isRecordOf(value, isTextOrTexts),
    { aliases: ["query_string"] },
  ),
  /** Its network address. */
  address: option<string>("127.0.0.1", "an address", (value) => isText(value) && value !== ""),
  /** The namespace that its methods use where none is named. */
  namespace: option<string>(
    "/",
    'a namespace\'s name, which begins with "/"',
    (value) => value === "" || isNamespaceName(value),
    { code: "ERR_NAMESPACE" },
  ),
  /** What it sends as `auth` when it joins a namespace, unless `connect()` gets something else. */
  auth: option<object | null>(null, "an object", (value) => value === null || isPlainObject(value)),
  /** How long it waits for handlers, answers and its own listeners, in ms. */
  timeout: numberOption(5_000, "ms", 1),
  /**
   * Whether its methods reject with errors that no error handler takes, and for events without a handler.
   * With `false` it learns no more than a client in production.
   */
  propagateErrors: booleanOption(true),
} as const;

/** What a test client is and does. */
export interface TestClientOptions extends GivenOptions<typeof testClientOptions> {}

/** The settled options. */
export type SettledTestClientOptions = ResolvedOptions<typeof testClientOptions>;

/** The parameters of a query. */
export function parametersOf(query: Query): URLSearchParams {
  if (typeof query === "string" || query instanceof URLSearchParams) return new URLSearchParams(query);
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    // A parameter that is left out is undefined.
    for (const one of [value ?? []].flat()) parameters.append(name, one);
  }
  return parameters;
}

/** The table of {@link TestSendOptions}. */
export const testSendOptions = {
  json: booleanOption(false),
  namespace: option<string>(
    "/",
    "the name of a namespace, which begins with a slash and has no comma",
    isNamespaceName,
    { code: "ERR_NAMESPACE" },
  ),
} as const;

/** The options of a test client's `send`. */
export type TestSendOptions = GivenOptions<typeof testSendOptions>;

/** The other methods take the namespace as it is. */
export const namespaceHint: Hint = (given) =>
  isNamespaceName(given) ? `Did you mean { namespace: ${show(given)} }?` : undefined;

/** Refuses values for the namespace that belong to another parameter: data, options or auth. */
export function checkTestNamespace(what: string, namespace: unknown): void {
  if (isNamespaceName(namespace)) return;
  const hint =
    what === "emit()" || what === "call()" ? " Several values go together as one: args(first, second)." : "";
  throw new RoomcastError(
    "ERR_NAMESPACE",
    `The test client's ${what} takes the name of a namespace, which begins with a slash, not ${show(namespace)}.${hint}`,
  );
}
