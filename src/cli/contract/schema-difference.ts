/**
 * Compares two JSON Schemas: whether each value that one end sends fits what the other end takes. It knows
 * the keywords that the libraries of schemas write; about others it says that it cannot tell.
 */

import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonValue, resolvePointer } from "./json-pointer.ts";
import { boundMisfits, type Keywords } from "./schema-bounds.ts";

/** Why a value may not fit. */
export interface SchemaMisfit {
  /** Where in the value, as in `members[].name`; empty for the whole. */
  readonly path: string;
  /** `open`: neither end has a schema. */
  readonly verdict: "breaks" | "unclear" | "open";
  readonly text: string;
}

/** A schema, and the document that its references lead into. */
export interface PlacedSchema {
  readonly schema: unknown;
  readonly document: JsonValue;
}

/** Keywords that say nothing of which values fit. */
const annotations = new Set([
  ..."$schema $id id $comment $anchor $defs definitions title description default examples".split(" "),
  ..."deprecated readOnly writeOnly contentEncoding contentMediaType discriminator".split(" "),
]);

/** Keywords that are compared one by one; all others have to be equal. */
const compared = new Set([
  ..."type properties required additionalProperties items prefixItems additionalItems".split(" "),
  ..."minLength maxLength pattern format minItems maxItems minProperties maxProperties".split(" "),
  ..."minimum maximum exclusiveMinimum exclusiveMaximum multipleOf uniqueItems const".split(" "),
]);

/**
 * Finds where values do not fit.
 *
 * @param sent - of the end that sends
 * @param taken - of the end that takes the values
 * @param sender - `client` where the end that takes has changed, `server` where the one that sends has
 */
export function schemaMisfits(
  sent: PlacedSchema,
  taken: PlacedSchema,
  sender: "client" | "server",
): SchemaMisfit[] {
  return new SchemaComparison(sent.document, taken.document, sender).compare(sent.schema, taken.schema, "");
}

class SchemaComparison {
  readonly #sentDocument: JsonValue;
  readonly #takenDocument: JsonValue;
  readonly #isFromClient: boolean;
  /** Pairs that are being compared: recursive schemas come back to them. */
  readonly #open = new Map<unknown, Set<unknown>>();
  /** How many more pairs are compared: unions of recursive unions have no end in practice. */
  #budget = 50_000;

  constructor(sentDocument: JsonValue, takenDocument: JsonValue, sender: "client" | "server") {
    this.#sentDocument = sentDocument;
    this.#takenDocument = takenDocument;
    this.#isFromClient = sender === "client";
  }

  compare(sentSchema: unknown, takenSchema: unknown, path: string): SchemaMisfit[] {
    const sent = follow(this.#sentDocument, sentSchema);
    const taken = follow(this.#takenDocument, takenSchema);
    if (sent === undefined || taken === undefined)
      return [{ path, verdict: "unclear", text: "a reference of the schema leads nowhere" }];
    const opened = this.#open.get(sent) ?? new Set();
    if (opened.has(taken)) return [];
    this.#budget -= 1;
    if (this.#budget < 0) return [{ path, verdict: "unclear", text: "is too large to be compared" }];
    this.#open.set(sent, opened.add(taken));
    const misfits = this.#compareAll(sent, taken, path);
    opened.delete(taken);
    return misfits;
  }

  #compareAll(sent: JsonValue, taken: JsonValue, path: string): SchemaMisfit[] {
    const [sentOpen, takenOpen] = [isOpen(sent), isOpen(taken)];
    if (sentOpen && takenOpen) return [{ path, verdict: "open", text: "has no schema" }];
    if (sentOpen || takenOpen) {
      const hasNow = this.#isFromClient ? sentOpen : takenOpen;
      const text = hasNow ? "has a schema now, and had none" : "has no schema any more";
      return [{ path, verdict: "unclear", text }];
    }
    const choices = alternatives(taken, this.#takenDocument);
    return alternatives(sent, this.#sentDocument).flatMap((one) => this.#compareOne(one, choices, path));
  }

  /** One alternative that is sent fits if it fits one of those that are taken. */
  #compareOne(sent: JsonValue, choices: readonly JsonValue[], path: string): SchemaMisfit[] {
    let best: SchemaMisfit[] | undefined;
    for (const choice of choices) {
      if (!isLike(sent, choice, this.#sentDocument, this.#takenDocument)) continue;
      const found = this.#compareAlternatives(sent, choice, path);
      if (!found.some(({ verdict }) => verdict !== "open")) return found;
      if (best === undefined || weight(found) < weight(best)) best = found;
    }
    if (best !== undefined) return best;
    const text = this.#isFromClient
      ? `${nameOf(sent)} is no longer accepted: ${namesOf(choices)}`
      : `may be ${nameOf(sent)} now; it was ${namesOf(choices)}`;
    return [{ path, verdict: "breaks", text }];
  }

  #compareAlternatives(sent: JsonValue, taken: JsonValue, path: string): SchemaMisfit[] {
    const keywords = { sent, taken, isFromClient: this.#isFromClient };
    const misfits: SchemaMisfit[] = boundMisfits(keywords).map((misfit) => ({ path, ...misfit }));
    for (const keyword of new Set([...Object.keys(sent), ...Object.keys(taken)])) {
      if (annotations.has(keyword) || compared.has(keyword)) continue;
      if (!isSame(sent[keyword], taken[keyword]))
        misfits.push({ path, verdict: "unclear", text: `differs in ${keyword}, which is not compared` });
    }
    if ("const" in taken) return misfits;
    const isValue = "const" in sent;
    if (
      isValue
        ? typeof sent.const === "object" && sent.const !== null
        : sent.type !== taken.type && !isNumber(sent)
    )
      misfits.push({ path, verdict: "unclear", text: "differs in a way that is not compared" });
    if (isValue) return misfits;
    if (taken.type === "object" || taken.type === undefined)
      misfits.push(...this.#compareObjects(keywords, path));
    if (taken.type === "array" || taken.type === undefined)
      misfits.push(...this.#compareArrays(keywords, path));
    return misfits;
  }

  #compareObjects({ sent, taken }: Keywords, path: string): SchemaMisfit[] {
    const [had, has] = [propertiesOf(sent), propertiesOf(taken)];
    const alwaysSent = namesIn(sent.required);
    const misfits: SchemaMisfit[] = [];
    const at = (name: string) => (path === "" ? name : `${path}.${name}`);
    for (const name of namesIn(taken.required)) {
      if (alwaysSent.includes(name)) continue;
      const isGone = !Object.hasOwn(had, name);
      const after = isGone ? "is gone" : "may be missing now";
      misfits.push({
        path: at(name),
        verdict: "breaks",
        text: this.#isFromClient ? "is required now" : after,
      });
    }
    for (const [name, schema] of Object.entries(had)) {
      const other = Object.hasOwn(has, name) ? has[name] : taken.additionalProperties;
      if (other === false) {
        const text = this.#isFromClient ? "is refused now" : "is new, and other properties were excluded";
        misfits.push({ path: at(name), verdict: "breaks", text });
      } else if (isObject(other)) misfits.push(...this.compare(schema, other, at(name)));
    }
    const [sentRest, takenRest] = [sent.additionalProperties, taken.additionalProperties];
    for (const [name, schema] of Object.entries(has))
      if (!Object.hasOwn(had, name) && isObject(sentRest))
        misfits.push(...this.compare(sentRest, schema, at(name)));
    if (isObject(sentRest) && isObject(takenRest))
      misfits.push(...this.compare(sentRest, takenRest, at("*")));
    else if (sentRest !== false && takenRest !== undefined && takenRest !== true) {
      const text = this.#isFromClient ? "are restricted now" : "are not restricted any more";
      misfits.push({ path, verdict: "unclear", text: `other properties ${text}` });
    }
    return misfits;
  }

  #compareArrays({ sent, taken }: Keywords, path: string): SchemaMisfit[] {
    const [had, has] = [itemsOf(sent), itemsOf(taken)];
    const length = Math.max(had.first.length, has.first.length);
    const misfits: SchemaMisfit[] = [];
    for (let index = 0; index <= length; index += 1) {
      const isRest = index === length;
      const place = `${path}[${isRest ? "" : index}]`;
      const one = had.first[index] ?? had.rest;
      const other = has.first[index] ?? has.rest;
      if (one === false || other === undefined || other === true) continue;
      if (other === false) {
        const text = this.#isFromClient ? "is refused now" : "is new";
        misfits.push({ path: place, verdict: "breaks", text });
      } else misfits.push(...this.compare(one ?? {}, other, place));
    }
    return misfits;
  }
}

/** The schema that a reference leads to. */
function follow(document: JsonValue, schema: unknown): JsonValue | undefined {
  let found = schema;
  // A reference that leads to itself leads nowhere.
  for (let hops = 0; hops < 20; hops += 1) {
    if (found === true) return {};
    if (found === false) return { not: {} };
    if (!isObject(found)) return undefined;
    if (found.$ref === undefined) return found;
    found = resolvePointer(document, found.$ref);
  }
  return undefined;
}

function isOpen(schema: JsonValue): boolean {
  return Object.keys(schema).every((keyword) => annotations.has(keyword));
}

/** The alternatives of a schema: of unions, of lists of types and of lists of values. */
function alternatives(schema: JsonValue, document: JsonValue, depth = 0): JsonValue[] {
  const { anyOf, oneOf, enum: values, type, ...rest } = schema;
  const union = anyOf ?? oneOf;
  const isAlone = isOpen(rest) && type === undefined && values === undefined;
  if (Array.isArray(union) && (anyOf === undefined || oneOf === undefined) && isAlone && depth < 20)
    return union.flatMap((part) => {
      const found = follow(document, part);
      return found === undefined ? [{ not: {} }] : alternatives(found, document, depth + 1);
    });
  // A value has its type, so that of the list says no more.
  if (Array.isArray(values) && union === undefined) return values.map((value) => ({ ...rest, const: value }));
  if (Array.isArray(type) && values === undefined)
    return type.map((one) => ({ ...schema, type: one as unknown }));
  if ("const" in schema) return [{ ...schema, type: undefined }].map(withoutUndefined);
  return [schema];
}

function withoutUndefined(schema: JsonValue): JsonValue {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}

/** Whether two alternatives are for values of one kind, so that it makes sense to compare them. */
function isLike(
  sent: JsonValue,
  taken: JsonValue,
  sentDocument: JsonValue,
  takenDocument: JsonValue,
): boolean {
  if ("const" in taken) return "const" in sent && isDeepStrictEqual(sent.const, taken.const);
  const types = [typeOf(sent), typeOf(taken)];
  if (types[0] !== types[1] && !(types[0] === "integer" && types[1] === "number")) {
    return (
      types.includes(undefined) ||
      ("const" in sent && taken.type === "integer" && Number.isInteger(sent.const))
    );
  }
  // Unions of objects are told apart by a property that has one value.
  const had = propertiesOf(sent);
  return Object.entries(propertiesOf(taken)).every(([name, schema]) => {
    const other = follow(takenDocument, schema);
    const one = follow(sentDocument, had[name]);
    const areValues = one !== undefined && other !== undefined && "const" in one && "const" in other;
    return !areValues || isDeepStrictEqual(one.const, other.const);
  });
}

function isNumber({ type }: JsonValue): boolean {
  return type === "integer" || type === "number";
}

function typeOf(schema: JsonValue): unknown {
  if (!("const" in schema)) return schema.type;
  const { const: value } = schema;
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isSame(one: unknown, other: unknown): boolean {
  // Equal references may lead to schemas that differ.
  return isDeepStrictEqual(one, other) && !JSON.stringify(one ?? null).includes('"$ref"');
}

function weight(misfits: readonly SchemaMisfit[]): number {
  return misfits.reduce((sum, { verdict }) => sum + (verdict === "breaks" ? 100 : 1), 0);
}

function nameOf(schema: JsonValue): string {
  if ("const" in schema) return JSON.stringify(schema.const);
  return typeof schema.type === "string" ? schema.type : "another kind of value";
}

function namesOf(schemas: readonly JsonValue[]): string {
  const names = [...new Set(schemas.map(nameOf))];
  return names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");
}

function propertiesOf({ properties }: JsonValue): JsonValue {
  return isObject(properties) ? properties : {};
}

function namesIn(required: unknown): readonly string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
}

/** The items of an array: those at the beginning by place, in either version's words, and the others. */
function itemsOf({ items, prefixItems, additionalItems }: JsonValue): {
  first: readonly unknown[];
  rest: unknown;
} {
  if (Array.isArray(items)) return { first: items, rest: additionalItems };
  return { first: Array.isArray(prefixItems) ? prefixItems : [], rest: items };
}
