/** What spans and metrics say of an error. Errors may be anything, and reading one may throw. */

import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { errorText } from "../../base/foreign-value.ts";
import type { OperationOutcome } from "../../base/tracing/traced-operations.ts";
import { attributes } from "./names.ts";

/**
 * The type of an error, of which there are few: its code such as `ERR_PAYLOAD` or `ECONNREFUSED`, or the name
 * of its class.
 */
export function errorType(error: unknown): string {
  try {
    if (typeof error !== "object" || error === null) return typeof error;
    const { code, name } = error as { code?: unknown; name?: unknown };
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code;
    return typeof name === "string" && /^[\w$.]{1,64}$/.test(name) ? name : "Error";
  } catch {
    return "Error";
  }
}

/** The error of an operation, if it has failed. */
export function failureOf(outcome: OperationOutcome): { readonly error: unknown } | null {
  return "error" in outcome ? { error: outcome.error } : null;
}

/** Marks a span as failed. */
export function recordFailure(span: Span, error: unknown): void {
  const message = errorText(error);
  span.setAttribute(attributes.errorType, errorType(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.recordException(error instanceof Error ? error : message);
}
