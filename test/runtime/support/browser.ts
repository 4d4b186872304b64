/** The browser that the tests drive. */

import { type Browser, chromium } from "playwright-core";

/** Whether to skip the browser tests. */
export const skipsBrowser = process.env.ROOMCAST_SKIP_BROWSER === "1";

/** Starts a browser without a window. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
