/**
 * Loads the code that speaks to a broker, and the broker's package, side by side and while the rest of a
 * server starts: one after the other they would begin when all of that is done.
 */

/** The imports for each broker, by its name. The first connection imports the same. */
const imports: Readonly<Record<string, () => readonly Promise<unknown>[]>> = {
  Redis: () => [import("@redis/client"), import("./redis/redis-link.ts")],
  NATS: () => [import("@nats-io/transport-node"), import("./nats/nats-link.ts")],
};

/**
 * Loads the code for a broker. It never rejects: where a package is missing, the first connection says so.
 *
 * @param broker - the name of the broker
 */
export async function loadBrokerCode(broker: string): Promise<void> {
  await Promise.allSettled(imports[broker]?.() ?? []);
}
