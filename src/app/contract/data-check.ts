/** Checks the session and the public data that handlers leave behind against a contract. */

import { requireContext } from "../../context/handler-context.ts";
import type { StandardSchema } from "../../contract/standard-schema.ts";
import { type Validated, validateOne } from "../../contract/validation.ts";
import { type ContractScope, inTime, misfit, type ValidationSettings } from "./validation-settings.ts";

// biome-ignore lint/suspicious/noExplicitAny: handlers take what the contract says
type AnyHandler = (...values: any[]) => unknown;

/** Puts a check behind the handler of an event. */
export type HandlerGuard = (event: string, handler: AnyHandler) => AnyHandler;

/**
 * Makes the check of a contract: after `connect` handlers always, and after those of events where what the
 * program sends is checked.
 *
 * @returns `null` where the contract has nothing to check
 */
export function dataCheck({ contract, settings }: ContractScope): HandlerGuard | null {
  const { session, publicData } = contract.parts;
  if (session === undefined && publicData === undefined) return null;
  const check = (): undefined | Promise<void> => {
    const { scope, socket } = requireContext("session", "");
    const first = session === undefined ? undefined : fits("The session", session, scope.data, settings);
    const checkSecond = () =>
      publicData === undefined || !socket.hasPublicData
        ? undefined
        : fits("The public data", publicData, socket.publicData, settings);
    return first instanceof Promise ? first.then(checkSecond) : checkSecond();
  };
  const guarded =
    (handler: AnyHandler): AnyHandler =>
    (...values) => {
      const result = handler(...values);
      if (!isPromise(result)) return result === false ? result : after(check(), result);
      return Promise.resolve(result).then((late) => (late === false ? late : after(check(), late)));
    };
  return (event, handler) => (event === "connect" || settings.outgoing ? guarded(handler) : handler);
}

function fits(
  what: string,
  schema: StandardSchema,
  data: unknown,
  settings: ValidationSettings,
): undefined | Promise<void> {
  const judge = (checked: Validated): undefined => {
    if (checked.issues !== undefined) throw misfit(what, checked);
  };
  const checked = validateOne(schema, data, settings.maxIssues);
  return checked instanceof Promise ? inTime(checked, what, settings).then(judge) : judge(checked);
}

function after(checked: undefined | Promise<void>, result: unknown): unknown {
  return checked === undefined ? result : checked.then(() => result);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
