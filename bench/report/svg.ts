/** The frame of a plot: colours for light and dark pages, and escaped text. */

/** The colour of each server, on light and dark backgrounds. */
const seriesColors: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  roomcast: ["#0969da", "#4493f8"],
  "roomcast-bun": ["#54aeff", "#a5d6ff"],
  bridge: ["#0550ae", "#79c0ff"],
  "socket.io": ["#8c959f", "#848d97"],
  "socket.io-uws": ["#bf8700", "#d29922"],
  "socket.io-bun": ["#bf3989", "#db61a2"],
  ws: ["#1a7f37", "#3fb950"],
  net: ["#1b7c83", "#39c5cf"],
  "net-handle": ["#0a3069", "#a5d6ff"],
  uws: ["#bc4c00", "#db6d28"],
  flask: ["#8250df", "#a371f7"],
};

/** The class of a server's bars and lines. */
export function seriesClass(server: string): string {
  return `s-${server.replaceAll(/[^\w-]/g, "-")}`;
}

/** A piece of text. */
export interface Label {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly style?: "strong" | "muted";
}

/** Text. */
export function label({ x, y, text, anchor = "start", style }: Label): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${style === undefined ? "" : ` class="${style}"`}>${escaped}</text>`;
}

/** A straight line. */
export function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${style}"/>`;
}

/** A bar. */
export function bar(x: number, y: number, width: number, height: number, server: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(width, 1))}" height="${height}" rx="1.5" class="${seriesClass(server)}"/>`;
}

/** A legend in one line: for each server a square and its name. */
export function legend(x: number, y: number, servers: readonly { name: string; title: string }[]): string {
  let left = x;
  const parts: string[] = [];
  for (const { name, title } of servers) {
    parts.push(bar(left, y - 9, 10, 10, name), label({ x: left + 15, y, text: title }));
    left += 15 + title.length * 6.1 + 18;
  }
  return parts.join("\n");
}

/** Rounds a coordinate to one decimal. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A whole picture. It paints its background, so that it does not depend on the page's. */
export function picture(width: number, height: number, title: string, content: readonly string[]): string {
  const colors = (index: 0 | 1) =>
    Object.entries(seriesColors)
      .map(([server, pair]) => `.${seriesClass(server)}{fill:${pair[index]};stroke:${pair[index]}}`)
      .join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}">
<style>
text{font:12px -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;fill:#1f2328}
.title{font-size:15px;font-weight:600}.strong{font-weight:600}.muted{fill:#59636e}
.ground{fill:#fff;stroke:#d1d9e0}.grid{stroke:#d1d9e0}.mark{stroke:#59636e;stroke-dasharray:4 3}
rect{stroke-width:0}.ground{stroke-width:1}path[class]{fill:none;stroke-width:2}
${colors(0)}
@media (prefers-color-scheme:dark){
text{fill:#f0f6fc}.muted{fill:#9198a1}
.ground{fill:#0d1117;stroke:#3d444d}.grid{stroke:#3d444d}.mark{stroke:#9198a1}
${colors(1)}
}
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6" class="ground"/>
<text x="20" y="30" class="title">${title.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>
${content.join("\n")}
</svg>
`;
}
