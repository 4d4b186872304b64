/** What namespaces may be called. */

/** Whether a value can be the name of one namespace. */
export function isNamespaceName(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("/") && !value.includes(",");
}
