/** The error acknowledgements of events that do not fit a contract. */

/** The error of an event whose values do not fit; with `issues`. */
export const invalidEvent = {
  code: "ERR_INVALID_EVENT",
  message: "The values of this event do not fit its contract.",
} as const;

/** The error of an event that the contract does not have. */
export const unknownEvent = {
  code: "ERR_UNKNOWN_EVENT",
  message: "The contract has no event of this name.",
} as const;
