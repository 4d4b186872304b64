/** Scales of charts: round numbers for ticks, and texts for them. */

/** A scale from zero to a round number. */
export interface Axis {
  readonly top: number;
  readonly ticks: readonly number[];
}

/** Steps between ticks, as parts of a power of ten. */
const steps = [1, 2, 2.5, 5, 10];
const wantedTicks = 4;

/**
 * A scale for values from zero.
 *
 * @param greatest - the greatest value
 * @param least - the least end of the scale
 */
export function axisTo(greatest: number, least = 1): Axis {
  const end = Math.max(greatest, least);
  const rough = end / wantedTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (steps.find((factor) => factor * power >= rough) ?? 10);
  const count = Math.ceil(end / step - 1e-9);
  return { top: count * step, ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}

/** A number with few digits, such as `1.5 k` or `20 M`. */
export function shortNumber(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(3)));
}
