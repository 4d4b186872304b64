/** The names of classes, which programs print and compare. */

/** Gives a class the name that socket.io's has. Classes that extend it keep theirs. */
export function nameClass(Class: abstract new (...values: never) => object, name: string): void {
  Object.defineProperty(Class, "name", { value: name, configurable: true });
}
