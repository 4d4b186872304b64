/** The options of one namespace, and the options that name one. */

import { type GivenOptions, option } from "../../base/options.ts";
import type { Definite } from "../../context/definite-options.ts";
import { contractOption } from "../contract/contract-option.ts";
import { dedupeOption } from "./dedupe-options.ts";
import { isNamespacePattern, type NamespacePattern, patternText } from "./namespace-pattern.ts";
import { orderingOption } from "./ordering-option.ts";
import { recoveryOption } from "./recovery-options.ts";

/** The options of `socketio.namespace()`. Missing ones are those of `new SocketIO()`. */
export const namespaceOptions = {
  /** The order of one client's handlers in a namespace: see the option of `new SocketIO()`. */
  ordering: orderingOption,
  /**
   * Whether clients find everything as it was when they come back after the loss of their connection, and how
   * long.
   */
  recovery: recoveryOption,
  /** The contract of the namespace; `null` for none. */
  contract: contractOption,
  /** Whether an event that a client sends again, since it has no acknowledgement, is handled only once. */
  dedupe: dedupeOption,
} as const;

/** The options of `socketio.namespace()`, without the contract, which gives the namespace its type. */
export interface NamespaceOptions extends Omit<GivenOptions<typeof namespaceOptions>, "contract"> {}

/** {@link NamespaceOption} in programs compiled with `exactOptionalPropertyTypes`. */
export interface ExactNamespaceOption {
  /** The namespace, a pattern of namespaces, or `"*"` for all that clients may join. Default `"/"`. */
  namespace?: NamespacePattern;
}

/** The options that name a namespace. */
export type NamespaceOption = Definite<ExactNamespaceOption>;

/** The table of {@link NamespaceOption}. */
export const namespaceOptionTable = {
  namespace: option<NamespacePattern>(
    "/",
    patternText,
    (value) => value === "" || isNamespacePattern(value),
    {
      definite: true,
      code: "ERR_NAMESPACE",
      aliases: ["nsp"],
    },
  ),
} as const;
