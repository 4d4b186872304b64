/** Numbers and times as people read them. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const hundredths = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** Stands for a number that is not known. */
export const unknown = "–";

/** A count: `12,345`. */
export function count(value: number | null): string {
  return value === null ? unknown : whole.format(value);
}

/** How often something happens: `1,234/s`, `0.35/s`. */
export function rate(value: number | null): string {
  if (value === null) return unknown;
  const format = value >= 100 ? whole : value < 1 ? hundredths : short;
  return `${format.format(value)}/s`;
}

/** A size: `1.2 MB`. */
export function bytes(value: number | null): string {
  if (value === null) return unknown;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let amount = value;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? whole.format(amount) : short.format(amount)} ${units[unit]}`;
}

/** Bytes in a second: `1.2 MB/s`. */
export function byteRate(value: number | null): string {
  return value === null ? unknown : `${bytes(value)}/s`;
}

/** A short time, given in seconds: `350 µs`, `1.2 ms`, `4.5 s`. */
export function seconds(value: number | null): string {
  if (value === null) return unknown;
  if (value === 0) return "0 s";
  if (value < 0.001) return `${short.format(Math.round(value * 1e6))} µs`;
  return value < 1 ? `${short.format(value * 1000)} ms` : `${short.format(value)} s`;
}

/** A part of a whole: `12 %`. */
export function percent(value: number | null): string {
  if (value === null) return unknown;
  return `${value * 100 >= 10 ? whole.format(value * 100) : short.format(value * 100)} %`;
}

/** A long time, given in seconds, in its two largest units: `3 d 4 h`. */
export function duration(value: number): string {
  const parts: [number, string][] = [
    [Math.floor(value / 86_400), "d"],
    [Math.floor(value / 3600) % 24, "h"],
    [Math.floor(value / 60) % 60, "min"],
    [Math.floor(value) % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([amount], index) => index === 0 || amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

/** The time of day, with seconds: `14:03:27`. */
export function timeOfDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

/** A name in camel case as words: `tooManyConnections` is "too many connections". */
export function inWords(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase();
}
