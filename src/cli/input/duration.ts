/** Durations as people type them: `500ms`, `10s`, `2m`, `1h`, or `10`, which is seconds. */

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, "": 1000, m: 60_000, h: 3_600_000 };

/** A duration in ms; `undefined` where the text is none. */
export function readDuration(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h|)$/.exec(text.trim()) ?? [];
  const factor = units[unit];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** A duration for people: `3 ms`, `1.2 s`, `2 min`. */
export function showDuration(milliseconds: number): string {
  if (milliseconds < 10) return `${Number(milliseconds.toFixed(1))} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${Number((milliseconds / 1000).toFixed(1))} s`;
  return `${Number((milliseconds / 60_000).toFixed(1))} min`;
}
