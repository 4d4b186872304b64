/** Decorates classes by calling decorators: the sources are compiled without them. */

type AnyDecorator = (target: never, ...place: never[]) => unknown;

/** What a method has: decorators of its own, those of its parameters in order, and their types. */
interface MethodDecorators {
  own?: readonly AnyDecorator[];
  params?: readonly (AnyDecorator | null)[];
  types?: readonly unknown[];
}

/** Decorates a class as the compiler does: members first. */
export function decorate<Class extends abstract new (...values: never[]) => object>(
  Class: Class,
  own: readonly AnyDecorator[],
  members: Readonly<Record<string, MethodDecorators>> = {},
): Class {
  const { prototype } = Class;
  for (const [name, { own: decorators = [], params = [], types }] of Object.entries(members)) {
    if (types !== undefined) Reflect.defineMetadata("design:paramtypes", types, prototype, name);
    params.forEach((decorator, index) => {
      if (decorator !== null) call(decorator, prototype, name, index);
    });
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    for (const decorator of decorators.toReversed()) call(decorator, prototype, name, descriptor);
  }
  for (const decorator of own.toReversed()) call(decorator, Class);
  return Class;
}

function call(decorator: AnyDecorator, ...values: unknown[]): void {
  Reflect.apply(decorator, undefined, values);
}
