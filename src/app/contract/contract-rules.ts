/** Checks what the program sends, and what clients answer to it, against the contract of each namespace. */

import { nearest } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import type { DefinedContract, EventDefinitions } from "../../contract/contract.ts";
import type { EventDefinition } from "../../contract/event-definition.ts";
import { type Validated, type ValueIssue, validate } from "../../contract/validation.ts";
import type { CheckedAnswer, EventRules, ReceivedAnswer } from "../../core/event-rules.ts";
import { inTime, misfit, type ValidationSettings } from "./validation-settings.ts";

/** The contracts of all namespaces. */
export class ContractRules implements EventRules {
  readonly #contractOf: (namespace: string) => DefinedContract | null;
  readonly #settings: ValidationSettings;

  /**
   * @param contractOf - finds the contract of a namespace
   * @param settings - how events are checked
   */
  constructor(contractOf: (namespace: string) => DefinedContract | null, settings: ValidationSettings) {
    this.#contractOf = contractOf;
    this.#settings = settings;
  }

  onSend(namespace: string, event: string, values: readonly unknown[]): void {
    if (!this.#settings.outgoing) return;
    const events = this.#contractOf(namespace)?.parts.server;
    if (events === undefined) return;
    const what = `The event ${quoted(event)}`;
    const definition = definitionIn(events, event);
    if (definition === undefined) throw misfit(what, { issues: [unknown(event, events)] });
    const checked = validate(definition.values, values, this.#settings.maxIssues);
    if (checked instanceof Promise) {
      // An emit is over at once, so it does not wait.
      inTime(checked, `the event ${quoted(event)}`, this.#settings)
        .then((late) => {
          if (late.issues !== undefined) throw misfit(what, late);
        })
        .catch((error: unknown) => this.#settings.report(error));
    } else if (checked.issues !== undefined) throw misfit(what, checked);
  }

  answered(answer: ReceivedAnswer): CheckedAnswer | Promise<CheckedAnswer> {
    const { namespace, event, values } = answer;
    const events = this.#contractOf(namespace)?.parts.server;
    const definition = events === undefined ? undefined : definitionIn(events, event);
    if (definition === undefined) return values;
    if (definition.answer.length === 0) return [];
    try {
      const checked = validate(definition.answer, values, this.#settings.maxIssues);
      if (!(checked instanceof Promise)) return this.#judge(answer, checked);
      return inTime(checked, `the answer to ${quoted(event)}`, this.#settings).then(
        (late) => this.#judge(answer, late),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      return this.#fail(error);
    }
  }

  #judge({ namespace, event, sid }: ReceivedAnswer, checked: Validated): CheckedAnswer {
    if (checked.issues === undefined) return checked.values;
    const { trace } = this.#settings;
    if (trace.active)
      trace.publish({ type: "answer refused", sid, namespace, event, issues: checked.issues });
    return null;
  }

  #fail(error: unknown): null {
    this.#settings.report(error);
    return null;
  }
}

function definitionIn(events: EventDefinitions, event: string): EventDefinition | undefined {
  return Object.hasOwn(events, event) ? events[event] : undefined;
}

function unknown(event: string, events: EventDefinitions): ValueIssue {
  const near = nearest(event, Object.keys(events));
  return {
    message: `it names no event of the server ${quoted(event)}${near === undefined ? "" : `, but "${near}"`}`,
    path: [],
  };
}
