/** The options of contracts. */

import { durationOption, numberOption, option } from "../../base/options.ts";
import { type DefinedContract, isContract } from "../../contract/contract.ts";
import type { Contract } from "../../contract/events.ts";

/**
 * The option that gives a contract.
 *
 * @typeParam C - the contract's types
 */
export interface ContractOption<C extends Contract> {
  /** A contract of `contract()`; `null` for none. */
  contract?: (C & DefinedContract) | null | undefined;
}

/** The table's entry for {@link ContractOption}. */
export const contractOption = option<DefinedContract | null>(
  null,
  "a contract of contract(), from roomcast/contract",
  (value) => value === null || isContract(value),
);

/** How contracts are checked. */
export const validationOptions = {
  /**
   * Whether acknowledgements and events that the program sends are checked against the contract, too. `null`
   * stands for `true` unless `NODE_ENV` is `production`.
   */
  validateOutgoing: option<boolean | null>(
    null,
    "true or false",
    (value) => value === null || typeof value === "boolean",
  ),
  /** How long a schema of the contract may take that does not answer at once, in ms. */
  validationTimeout: durationOption(5000),
  /** The most issues that a client gets of an event that does not fit the contract. */
  maxIssues: numberOption(20, "count", 1),
} as const;
