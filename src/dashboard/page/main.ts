/** Begins: shows the form to sign in, or the page. */

import type { SessionAnswer } from "../api.ts";
import { Page } from "./page.ts";
import { fill, h } from "./parts/dom.ts";
import { ask, Refused } from "./parts/server.ts";
import { restoreTheme } from "./parts/theme.ts";
import { signInForm } from "./sign-in.ts";

/** The pause before the server is asked again that did not answer, in ms. */
const pause = 3000;

const place = document.body;

function showPage(session: SessionAnswer): void {
  const page = new Page(session, showDoor);
  fill(place, page.root);
  page.start();
}

function showDoor(message: string, hasForm: boolean): void {
  document.title = "Sign in – Roomcast";
  if (hasForm) {
    fill(place, h("main.door", {}, signInForm(message, showPage)));
    return;
  }
  const text =
    "The application decides about this page, and does not let you in. Sign in there, then come back.";
  const again = h("button", { type: "button", onclick: () => void begin() }, "Try again");
  fill(place, h("main.door", {}, h("div.sign-in", {}, h("h1", {}, "Roomcast"), h("p", {}, text), again)));
}

async function begin(): Promise<void> {
  try {
    showPage(await ask<SessionAnswer>("session"));
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      showDoor("", error.hasForm);
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    fill(place, h("main.door", {}, h("p.problem", { role: "alert" }, `${text} Trying again.`)));
    setTimeout(() => void begin(), pause);
  }
}

restoreTheme();
void begin();
