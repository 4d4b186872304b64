/** The anchors of headings, as GitHub makes them: a link with an anchor works there and on the site. */

/** The anchor of a heading with this text, without the number that tells equal headings of a page apart. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** The anchors of all headings of a page in Markdown. */
export function anchorsOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^ *(```+|~~~+)[\s\S]*?^ *\1/gm, "");
  const used = new Map<string, number>();
  return [...prose.matchAll(/^#{1,6} +(.+?)(?: +#+)?$/gm)].map(([, heading = ""]) => {
    const anchor = anchorOf(plainText(heading));
    const before = used.get(anchor) ?? 0;
    used.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** The text of a heading without links, code marks and emphasis. */
export function plainText(heading: string): string {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/`([^`]*)`|\*+([^*]+)\*+/g, "$1$2")
    .replaceAll(/\\([^\w\s])/g, "$1");
}
