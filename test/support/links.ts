/** Finds what a page in Markdown links to. */

/** The targets of all links and images outside of code, as they are written. */
export function linkTargets(markdown: string): string[] {
  const prose = markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "").replaceAll(/`[^`\n]*`/g, "");
  const targets = prose.matchAll(/\]\(\s*<?([^)\s>]+)|\b(?:href|src)=["']([^"']+)|^\s*\[[^\]]+\]:\s+(\S+)/gm);
  return [...targets].map(([, inline, html, reference]) => inline ?? html ?? reference ?? "");
}
