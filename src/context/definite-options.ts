/**
 * Options that name clients, as the compiler checks them. An option that names a room, and is undefined since a client has
 * not sent the name, must not come to mean everybody, so the compiler refuses `string | undefined` for it.
 *
 * The compiler's own `exactOptionalPropertyTypes` does that, in the programs that turn it on. For all others each such option
 * is written as two kinds of objects: those that have it, and those that leave it out.
 */

/** The options that name clients or a namespace. */
type NamingOption = "to" | "sid" | "skipSid" | "namespace";

/** No value is of this type. Unlike `never`, it does not turn into `undefined` where it is optional. */
declare const leftOut: unique symbol;
interface LeftOut {
  readonly [leftOut]: true;
}

/** Whether the program's compiler tells an option that is undefined from one that is left out. */
type IsExact = { name: undefined } extends { name?: never } ? false : true;

/** Objects that have an option, and objects that leave it out. What comes last is what the compiler's messages compare with. */
type Given<Options, Name extends NamingOption> = Name extends keyof Options
  ? { [Key in Name]?: LeftOut } | { [Key in Name]: Required<Options>[Key] }
  : unknown;

/**
 * Options none of which may be given as undefined if it names clients or a namespace.
 *
 * @typeParam Options - the options as a program has them that is compiled with `exactOptionalPropertyTypes`
 */
export type Definite<Options> = IsExact extends true
  ? Options
  : Omit<Options, NamingOption> &
      Given<Options, "to"> &
      Given<Options, "sid"> &
      Given<Options, "skipSid"> &
      Given<Options, "namespace">;
