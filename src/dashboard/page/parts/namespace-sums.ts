/** Namespaces, each with its numbers of all processes. */

import type { NamespaceState, ProcessState } from "../../api.ts";

/** The namespaces of all processes. Rooms with members in several processes count in each. */
export function namespacesOf(processes: readonly ProcessState[]): NamespaceState[] {
  const sums = new Map<string, NamespaceState>();
  for (const each of processes.flatMap(({ namespaces }) => namespaces)) {
    const known = sums.get(each.name);
    sums.set(each.name, {
      name: each.name,
      clients: each.clients + (known?.clients ?? 0),
      rooms: each.rooms + (known?.rooms ?? 0),
      away: each.away === null && known?.away == null ? null : (each.away ?? 0) + (known?.away ?? 0),
    });
  }
  return [...sums.values()];
}
