/** The rule for names of namespaces. */

/** Whether a value can be the name of one namespace. */
export function isNamespaceName(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("/") && !value.includes(",");
}
