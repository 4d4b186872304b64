/** A contract: the events that clients and server exchange, as schemas that both ends import. */

import { RoomcastError } from "../base/errors.ts";
import { checkSchemas, type ErrorSchemas, type EventDefinition } from "./event-definition.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** Events by name. */
export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

/** The parts of a contract. Those that are left out are not checked. */
export interface ContractParts {
  /** Events from clients. */
  readonly client?: EventDefinitions;
  /** Events from the server. */
  readonly server?: EventDefinitions;
  /** Errors with which any event from clients may be refused. */
  readonly errors?: ErrorSchemas;
  /** What clients send along when they connect. */
  readonly auth?: StandardSchema;
  /** The session's data. */
  readonly session?: StandardSchema;
  /** A client's public data. */
  readonly publicData?: StandardSchema;
}

/** A contract as a value. Made by {@link contract}. */
export interface DefinedContract<Parts extends ContractParts = ContractParts> {
  /** The version of this form. It tells contracts from other objects. */
  readonly "~contract": 1;
  readonly parts: Parts;
}

/** A type error for each member that contracts do not have. */
type KnownParts<Parts> = { readonly [Name in Exclude<keyof Parts, keyof ContractParts>]: never };

/** Events that the protocol itself uses. */
const reserved = /^(|\*|connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/;

/**
 * Defines a contract.
 *
 * ```ts
 * export const chat = contract({
 *   client: { say: event(z.object({ text: z.string() }), { answer: z.literal("delivered") }) },
 *   server: { said: event(z.object({ from: z.string(), text: z.string() })) },
 *   auth: z.object({ token: z.string() }),
 * });
 * ```
 *
 * @param parts - events from clients and from the server, errors that all events have in common, and the
 *   schemas of other data
 * @throws {@link RoomcastError} `ERR_CONTRACT` for something that is no part of a contract, and for events
 *   with names that the protocol uses itself
 */
export function contract<const Parts extends ContractParts>(
  parts: Parts & KnownParts<Parts>,
): DefinedContract<Parts> {
  for (const [part, value] of Object.entries(parts)) {
    if (value === undefined) continue;
    if (/^(client|server)$/.test(part)) checkEvents(value as EventDefinitions);
    else if (part === "errors") checkSchemas(value as ErrorSchemas);
    else if (/^(auth|session|publicData)$/.test(part)) checkSchemas({ [part]: value });
    else throw new RoomcastError("ERR_CONTRACT", `A contract has no part "${part}".`);
  }
  return { "~contract": 1, parts };
}

function checkEvents(events: EventDefinitions): void {
  for (const [name, definition] of Object.entries(events)) {
    if (reserved.test(name))
      throw new RoomcastError("ERR_CONTRACT", `"${name}" is reserved: give the event another name.`);
    if (!Array.isArray(definition?.values))
      throw new RoomcastError("ERR_CONTRACT", `"${name}" is no event: define it with event().`);
  }
}

/** Whether a value is a contract. */
export function isContract(value: unknown): value is DefinedContract {
  return typeof value === "object" && value !== null && (value as DefinedContract)["~contract"] === 1;
}
