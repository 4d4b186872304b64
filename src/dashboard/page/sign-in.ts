/** The form with which a person signs in. */

import type { SessionAnswer } from "../api.ts";
import { h, setAttributes, setText } from "./parts/dom.ts";
import { Refused, tell } from "./parts/server.ts";

/** Makes the form. */
export function signInForm(message: string, onSignedIn: (session: SessionAnswer) => void): HTMLElement {
  const username = h("input", {
    name: "username",
    autocomplete: "username",
    required: true,
    autocapitalize: "none",
    spellcheck: "false",
  });
  const password = h("input", {
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const button = h("button.primary", { type: "submit" }, "Sign in");
  const fault = h("p.problem", { role: "alert", hidden: message === "" }, message);
  const submit = async (submitted: SubmitEvent) => {
    submitted.preventDefault();
    setAttributes(button, { disabled: true });
    try {
      onSignedIn(
        await tell<SessionAnswer>("sign-in", { username: username.value, password: password.value }),
      );
    } catch (error) {
      setAttributes(fault, { hidden: false });
      setText(fault, error instanceof Error ? error.message : "The sign-in failed.");
      if (error instanceof Refused && error.status === 401) {
        password.value = "";
        password.focus();
      }
    } finally {
      setAttributes(button, { disabled: false });
    }
  };
  const form = h(
    "form.sign-in",
    { onsubmit: submit },
    h("h1", {}, "Roomcast"),
    fault,
    h("label", {}, "Name", username),
    h("label", {}, "Password", password),
    button,
  );
  queueMicrotask(() => username.focus());
  return form;
}
