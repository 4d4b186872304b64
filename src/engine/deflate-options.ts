/** The options of `perMessageDeflate`. */

import {
  booleanOption,
  type GivenOptions,
  numberOption,
  option,
  type ResolvedOptions,
  resolveToggle,
  toggleOption,
} from "../base/options.ts";

/** The table of {@link PerMessageDeflateOptions}. */
export const perMessageDeflateOptions = {
  /** Messages shorter than this many bytes are not compressed. */
  threshold: numberOption(1024, "bytes"),
  /** From 1, which takes the least time, to 9, which gives the shortest messages. */
  level: option<number>(
    6,
    "an integer from 1 to 9",
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 9,
  ),
  /**
   * Whether the messages of a connection may refer to earlier ones. They become shorter, but each is
   * compressed for each client, and a client takes about 300 KB of memory.
   */
  contextTakeover: booleanOption(false),
} as const;

/**
 * How WebSocket messages are compressed. An interface, since unlike an alias it keeps its name in the
 * compiler's messages.
 */
export interface PerMessageDeflateOptions extends GivenOptions<typeof perMessageDeflateOptions> {}

/** The resolved options. */
export type DeflateConfig = ResolvedOptions<typeof perMessageDeflateOptions>;

/** Whether WebSocket messages are compressed, and how. */
export const perMessageDeflateOption = toggleOption<PerMessageDeflateOptions>(
  false,
  perMessageDeflateOptions,
  "an object { threshold, level, contextTakeover }",
);

/**
 * Checks and completes what was given.
 *
 * @returns `null` where messages are not compressed
 * @throws {@link RoomcastError} `ERR_OPTION` for an unknown name or a value of the wrong kind
 */
export function settleDeflate(given: boolean | PerMessageDeflateOptions): DeflateConfig | null {
  return resolveToggle(perMessageDeflateOptions, given, "perMessageDeflate");
}
