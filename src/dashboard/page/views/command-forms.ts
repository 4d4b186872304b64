/** Forms for the commands to one client. */

import type { Command } from "../../api.ts";
import { h, setText } from "../parts/dom.ts";

/** A command without its client. */
export type FormCommand = Command extends infer Each
  ? Each extends Command
    ? Omit<Each, "namespace" | "sid">
    : never
  : never;

/** Makes the forms. The function resolves to whether the command was carried out. */
export function commandForms(send: (command: FormCommand) => Promise<boolean>): HTMLElement {
  return h("div.commands", {}, emitForm(send), joinForm(send), disconnectForm(send));
}

function emitForm(send: (command: FormCommand) => Promise<boolean>): HTMLElement {
  const event = h("input", { name: "event", required: true, autocomplete: "off" });
  const data = h("textarea", { name: "data", rows: 2, spellcheck: "false", "aria-describedby": "data-hint" });
  const hint = h("small", { id: "data-hint" }, "JSON: arguments, separated by commas. Empty for none.");
  const submit = (submitted: SubmitEvent) => {
    submitted.preventDefault();
    let values: unknown[];
    try {
      values = JSON.parse(`[${data.value}]`) as unknown[];
    } catch {
      data.setAttribute("aria-invalid", "true");
      setText(hint, 'This is not JSON. Texts need quotation marks: "hello", { "id": 1 }');
      data.focus();
      return;
    }
    data.removeAttribute("aria-invalid");
    setText(hint, "JSON: arguments, separated by commas. Empty for none.");
    void send({ type: "emit", event: event.value, values });
  };
  return h(
    "form",
    { onsubmit: submit },
    h("label", {}, "Event", event),
    h("label", {}, "Data", data),
    hint,
    h("button", { type: "submit" }, "Emit"),
  );
}

function joinForm(send: (command: FormCommand) => Promise<boolean>): HTMLElement {
  const room = h("input", { name: "room", required: true, autocomplete: "off" });
  const submit = (submitted: SubmitEvent) => {
    submitted.preventDefault();
    void send({ type: "join", room: room.value }).then((isDone) => {
      if (isDone) room.value = "";
    });
  };
  return h(
    "form.row",
    { onsubmit: submit },
    h("label", {}, "Room", room),
    h("button", { type: "submit" }, "Join"),
  );
}

function disconnectForm(send: (command: FormCommand) => Promise<boolean>): HTMLElement {
  const reason = h("input", { name: "reason", autocomplete: "off", placeholder: "none", maxlength: 200 });
  const whole = h("input", { name: "whole", type: "checkbox" });
  const submit = (submitted: SubmitEvent) => {
    submitted.preventDefault();
    void send({ type: "disconnect", reason: reason.value, whole: whole.checked });
  };
  return h(
    "form",
    { onsubmit: submit },
    h("label", {}, "Reason that the client gets", reason),
    h("label.check", {}, whole, "End its whole connection, in every namespace"),
    h("button.danger", { type: "submit" }, "Disconnect"),
  );
}
