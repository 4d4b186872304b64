/** Data as applications send it: lists of records, which compress to about a third or less. */

import { Random } from "../../load/random.ts";

/**
 * How many lists take turns. With context takeover, a compressor finds what was sent before in its last 32
 * KiB: lists that came again within that would cost nothing, which data of applications does not.
 */
const listCount = 67;

const symbols = ["ACME", "INIT", "UMBR", "HOOL", "SOYL"] as const;

/** Lists of this many records, the same in each run; a record has about 110 bytes of JSON. */
export function recordLists(length: number): object[][] {
  const random = new Random();
  const record = () => ({
    id: `ord_${random.below(2 ** 31).toString(36)}${random.below(2 ** 31).toString(36)}`,
    symbol: symbols[random.below(symbols.length)],
    side: random.below(2) === 0 ? "buy" : "sell",
    price: random.below(100_000) / 100,
    quantity: random.below(500),
    updatedAt: 1_760_000_000_000 + random.below(100_000_000),
  });
  return Array.from({ length: listCount }, () => Array.from({ length }, record));
}
