/**
 * Checks at compile time that no option that names clients is `undefined`.
 *
 * When a client has not sent a room's name, `to: undefined` would mean every client, so the compiler rejects
 * `string | undefined` there. The compiler option `exactOptionalPropertyTypes` does the same in programs that
 * turn it on. For all others, each such option is written as two kinds of objects: those that have it, and
 * those that leave it out.
 */

/** The options that name clients or a namespace. */
type NamingOption = "to" | "sid" | "except" | "skipSid" | "namespace";

/** A type without values. Unlike `never`, it does not become `undefined` where it is optional. */
declare const leftOut: unique symbol;
interface LeftOut {
  readonly [leftOut]: true;
}

/** Whether the compiler distinguishes an undefined option from an absent one. */
type IsExact = { name: undefined } extends { name?: never } ? false : true;

/**
 * Objects with an option, and objects without it. The compiler's messages name the last member of the union.
 */
type Given<Options, Name extends NamingOption> = Name extends keyof Options
  ? { [Key in Name]?: LeftOut } | { [Key in Name]: Required<Options>[Key] }
  : unknown;

/**
 * Options without undefined names of clients or of a namespace.
 *
 * @typeParam Options - the options under `exactOptionalPropertyTypes`
 */
export type Definite<Options> = IsExact extends true
  ? Options
  : Omit<Options, NamingOption> &
      Given<Options, "to"> &
      Given<Options, "sid"> &
      Given<Options, "except"> &
      Given<Options, "skipSid"> &
      Given<Options, "namespace">;
