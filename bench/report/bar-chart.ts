/** Draws one bar for each server. */

import { bar, label, picture } from "./svg.ts";

/** A bar. */
export interface Bar {
  readonly server: string;
  readonly title: string;
  readonly value: number;
  /** The text at its end. */
  readonly text: string;
}

const width = 780;
const left = 210;
const right = 170;
const top = 66;
const step = 24;

/** Draws the chart. */
export function barChart(title: string, subtitle: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const content = [label({ x: 20, y: 50, text: subtitle, style: "muted" })];
  for (const [index, { server, title, value, text }] of bars.entries()) {
    const y = top + index * step;
    const length = (Math.max(value, 0) / most) * (width - left - right);
    const style = server === "roomcast" ? { style: "strong" as const } : {};
    content.push(
      label({ x: left - 10, y: y + 12, text: title, anchor: "end", ...style }),
      bar(left, y, length, 16, server),
      label({ x: Math.round(left + length + 6), y: y + 12, text, ...style }),
    );
  }
  return picture(width, top + bars.length * step + 14, title, content);
}
