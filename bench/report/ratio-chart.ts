/** Draws bars for each scenario: the cost of each server as a ratio to socket.io on ws. */

import { bar, label, legend, line, picture } from "./svg.ts";

/** One group of bars. */
export interface RatioGroup {
  readonly name: string;
  readonly bars: readonly { readonly server: string; readonly ratio: number }[];
}

const width = 780;
const left = 150;
const right = 60;
const top = 92;
const barHeight = 10;
const gap = 13;
/** Longer bars are cut off; their number shows the length. */
const end = 1.25;

/** Draws the chart. */
export function ratioChart(
  title: string,
  subtitle: string,
  servers: readonly { name: string; title: string }[],
  groups: readonly RatioGroup[],
): string {
  const scale = (ratio: number) => left + (Math.min(ratio, end) / end) * (width - left - right);
  const heights = groups.map(({ bars }) => bars.length * (barHeight + 2) + gap);
  const bottom = top + heights.reduce((sum, height) => sum + height, 0);
  const content = [
    label({ x: 20, y: 50, text: subtitle, style: "muted" }),
    legend(20, 74, servers),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((ratio) => [
      line(scale(ratio), top - 6, scale(ratio), bottom, ratio === 1 ? "mark" : "grid"),
      label({
        x: scale(ratio),
        y: bottom + 16,
        text: ratio === 1 ? "100 % = socket.io on ws" : `${ratio * 100} %`,
        anchor: "middle",
        style: "muted",
      }),
    ]),
  ];
  let y = top;
  for (const [index, { name, bars }] of groups.entries()) {
    content.push(
      label({
        x: left - 10,
        y: y + (bars.length * (barHeight + 2)) / 2 + 4,
        text: name,
        anchor: "end",
        style: "strong",
      }),
    );
    for (const [step, { server, ratio }] of bars.entries()) {
      const barTop = y + step * (barHeight + 2);
      content.push(
        bar(left, barTop, scale(ratio) - left, barHeight, server),
        label({
          x: scale(ratio) + 5,
          y: barTop + 9,
          text: `${Math.round(ratio * 100)} %${ratio > end ? " →" : ""}`,
          style: server === "roomcast" ? "strong" : "muted",
        }),
      );
    }
    y += heights[index] ?? 0;
  }
  return picture(width, bottom + 30, title, content);
}
