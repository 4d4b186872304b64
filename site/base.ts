/** The path that the site is served below. */

/** What the variable `SITE_BASE` says, with a slash at both ends; `/` without it. */
export function siteBase(): string {
  return `/${process.env.SITE_BASE ?? ""}/`.replace(/\/{2,}/g, "/");
}
