/** Describes contracts as an AsyncAPI 3 document, from the point of view of the server. */

import { RoomcastError } from "../base/errors.ts";
import { type DefinedContract, type EventDefinitions, isContract } from "./contract.ts";
import type { ErrorSchemas, EventDefinition, SchemaList } from "./event-definition.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** What a document says of the API as a whole. */
export interface AsyncApiInfo {
  readonly title: string;
  /** The version of the API. */
  readonly version: string;
  readonly description?: string;
  /** The Server Objects of AsyncAPI, by name. */
  readonly servers?: Readonly<Record<string, { readonly host: string; readonly protocol: string }>>;
}

/** Plain JSON. */
export type JsonObject = { [key: string]: unknown };

/** A document of AsyncAPI 3. */
export interface AsyncApiDocument {
  readonly asyncapi: "3.0.0";
  readonly info: JsonObject;
  readonly servers?: JsonObject;
  readonly defaultContentType: "application/json";
  readonly channels: JsonObject;
  readonly operations: JsonObject;
}

/** The side whose events a table has. */
type Sender = "client" | "server";

/**
 * Makes an AsyncAPI 3 document of a contract. Each namespace is a channel, each event an operation, and its
 * acknowledgement the operation's reply.
 *
 * Schemas are described where their library can do that, through Standard JSON Schema.
 *
 * @param contracts - a contract for the namespace `"/"`, or contracts by namespace
 * @param info - the `title` and the `version` of the API; a `description`, and `servers`
 * @throws {@link RoomcastError} `ERR_CONTRACT` for something that is no contract, `ERR_OPTION` without a
 *   title and a version
 */
export function asyncapi(
  contracts: DefinedContract | Readonly<Record<string, DefinedContract>>,
  info: AsyncApiInfo,
): AsyncApiDocument {
  const { title, version, description, servers } = info ?? {};
  if (typeof title !== "string" || typeof version !== "string")
    throw new RoomcastError("ERR_OPTION", "asyncapi() needs a title and a version: { title, version }.");
  const namespaces = isContract(contracts) ? { "/": contracts } : contracts;
  const channels: JsonObject = {};
  const operations: JsonObject = {};
  for (const [namespace, contract] of Object.entries(namespaces)) {
    if (!isContract(contract) || !namespace.startsWith("/"))
      throw new RoomcastError(
        "ERR_CONTRACT",
        `"${namespace}" names no contract of a namespace such as "/chat".`,
      );
    const channel = new Channel(namespace, contract);
    channels[channel.id] = channel.describe();
    Object.assign(operations, channel.operations());
  }
  return {
    asyncapi: "3.0.0",
    info: { title, version, ...(description !== undefined && { description }) },
    ...(servers !== undefined && { servers: { ...servers } }),
    defaultContentType: "application/json",
    channels,
    operations,
  };
}

/** One namespace. */
class Channel {
  /** Its key in the document. */
  readonly id: string;
  readonly #namespace: string;
  readonly #contract: DefinedContract;

  constructor(namespace: string, contract: DefinedContract) {
    this.id = namespace === "/" ? "root" : channelId(namespace.slice(1));
    this.#namespace = namespace;
    this.#contract = contract;
  }

  describe(): JsonObject {
    const { auth } = this.#contract.parts;
    const messages: JsonObject = {};
    for (const sender of ["client", "server"] as const)
      for (const [name, definition] of Object.entries(this.#events(sender)))
        Object.assign(messages, this.#messages(sender, name, definition));
    return {
      address: this.#namespace,
      description: `The Socket.IO namespace ${this.#namespace}.`,
      messages,
      ...(auth !== undefined && { "x-auth": describeSchema(auth, `${this.#pointer}/x-auth`) }),
    };
  }

  operations(): JsonObject {
    const found: JsonObject = {};
    const prefix = this.#namespace === "/" ? "" : `${this.id}.`;
    for (const sender of ["client", "server"] as const) {
      for (const [name, { answer }] of Object.entries(this.#events(sender))) {
        const id = eventId(sender, name);
        const errors = sender === "client" ? [this.#ref(`${id}.error`)] : [];
        found[`${prefix}${id}`] = {
          action: sender === "client" ? "receive" : "send",
          channel: { $ref: this.#pointer },
          messages: [this.#ref(id)],
          // An event of the server without values in its acknowledgement asks for none.
          ...((answer.length > 0 || sender === "client") && {
            reply: {
              channel: { $ref: this.#pointer },
              messages: [this.#ref(`${id}.answer`), ...errors],
            },
          }),
        };
      }
    }
    return found;
  }

  get #pointer(): string {
    return `#/channels/${escaped(this.id)}`;
  }

  #events(sender: Sender): EventDefinitions {
    return this.#contract.parts[sender] ?? {};
  }

  #ref(message: string): JsonObject {
    return { $ref: `${this.#pointer}/messages/${escaped(message)}` };
  }

  /** The messages of one event: itself, its acknowledgement, and its refusal. */
  #messages(sender: Sender, name: string, { values, answer, errors }: EventDefinition): JsonObject {
    const id = eventId(sender, name);
    const message = (suffix: string, title: string, payload: JsonObject, count: number): JsonObject => ({
      [`${id}${suffix}`]: { name, title, "x-arguments": count, payload },
    });
    const at = (suffix: string) => `${this.#pointer}/messages/${escaped(`${id}${suffix}`)}/payload`;
    const found = message("", name, describeList(values, at("")), values.length);
    if (sender === "client" || answer.length > 0)
      Object.assign(
        found,
        message(".answer", `acknowledgement of ${name}`, describeList(answer, at(".answer")), answer.length),
      );
    if (sender === "server") return found;
    const all = { ...this.#contract.parts.errors, ...errors };
    return Object.assign(
      found,
      message(".error", `refusal of ${name}`, describeErrors(all, at(".error")), 1),
    );
  }
}

/**
 * The key of a namespace. Dots part keys, and some names are taken: these are escaped, as in URLs, so that no
 * two things of a document have one key.
 */
function channelId(name: string): string {
  const id = name.replaceAll("%", "%25").replaceAll(".", "%2E");
  return /^(root|client|server|__proto__)$/.test(id) ? `%${id.charCodeAt(0).toString(16)}${id.slice(1)}` : id;
}

/** The key of an event, which never looks like that of another event's acknowledgement or refusal. */
function eventId(sender: Sender, name: string): string {
  return `${sender}.${name.replaceAll("%", "%25").replace(/\.(answer|error)$/, "%2E$1")}`;
}

/** Several values are a list, one is itself, and none is an empty list. */
function describeList(schemas: SchemaList, pointer: string): JsonObject {
  const [only] = schemas;
  if (schemas.length === 1 && only !== undefined) return describeSchema(only, pointer);
  if (schemas.length === 0) return { type: "array", maxItems: 0 };
  return {
    type: "array",
    items: schemas.map((schema, index) => describeSchema(schema, `${pointer}/items/${index}`)),
    additionalItems: false,
  };
}

/** The errors of Roomcast's own that any event may be answered with. */
const ownErrors = [
  "ERR_INVALID_EVENT",
  "ERR_HANDLER_FAILED",
  "ERR_NO_HANDLER",
  "ERR_TOO_MANY_EVENTS",
] as const;

function describeErrors(errors: ErrorSchemas, pointer: string): JsonObject {
  // An error fits one of the choices alone, also where a contract describes one of these.
  const own = ownErrors.filter((code) => !Object.hasOwn(errors, code));
  const ownChoice = {
    type: "object",
    required: ["code", "message"],
    properties: { code: { enum: own }, message: { type: "string" }, issues: { type: "array" } },
  };
  const others = Object.entries(errors).map(([code, schema], index) => ({
    type: "object",
    required: ["code", "message"],
    properties: {
      code: { const: code },
      message: { type: "string" },
      data: describeSchema(schema, `${pointer}/properties/error/oneOf/${index + 1}/properties/data`),
    },
  }));
  return { type: "object", required: ["error"], properties: { error: { oneOf: [ownChoice, ...others] } } };
}

/** A schema as JSON Schema of draft 7, which is that of AsyncAPI. */
function describeSchema(schema: StandardSchema, pointer: string): JsonObject {
  const { jsonSchema, vendor } = schema["~standard"];
  if (jsonSchema === undefined)
    return { description: `The schema, of ${vendor}, does not describe itself as JSON Schema.` };
  try {
    const { $schema: _, ...described } = jsonSchema.input({
      target: "draft-07",
      // Values that JSON Schema has no words for, such as binary data, are left open.
      ...(vendor === "zod" && { libraryOptions: { unrepresentable: "any" } }),
    });
    return moved(described, pointer) as JsonObject;
  } catch (error) {
    return { description: `JSON Schema cannot describe these values: ${String((error as Error)?.message)}` };
  }
}

/** Lets references within a schema lead to its place in the document. */
function moved(value: unknown, pointer: string): unknown {
  if (Array.isArray(value)) return value.map((part) => moved(part, pointer));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === "$ref" && typeof part === "string" && part.startsWith("#")
        ? `${pointer}${part.slice(1)}`
        : moved(part, pointer),
    ]),
  );
}

/** A key as part of a JSON pointer in a URL. */
function escaped(key: string): string {
  return encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
}
