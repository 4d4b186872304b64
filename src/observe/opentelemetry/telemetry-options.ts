/** The options of `openTelemetry()`. */

import type { MeterProvider, TracerProvider } from "@opentelemetry/api";
import { booleanOption, type GivenOptions, option, type ResolvedOptions } from "../../base/options.ts";

/** Where the spans of a client's events get their parent from. */
export type SpanParent = "auth" | "event" | "none";

const provider = (method: string) => (value: unknown) =>
  value === null || (typeof value === "object" && typeof Reflect.get(value, method) === "function");

/** The table. */
export const telemetryOptions = {
  /**
   * Where clients send the context that their events belong to: `"auth"` in the data of their connection,
   * `"event"` in an event's last argument as well, `"none"` for nowhere
   */
  parent: option<SpanParent>(
    "auth",
    '"auth", "event" or "none"',
    (value) => value === "auth" || value === "event" || value === "none",
  ),
  /** Whether emits have spans */
  broadcasts: booleanOption(true),
  /** Whether a handshake has a span, unless something else has made one for its request */
  handshakes: booleanOption(true),
  /** Whether there are metrics */
  metrics: booleanOption(true),
  /** Makes the tracer; `null` for the global provider */
  tracerProvider: option<TracerProvider | null>(
    null,
    "a TracerProvider, or null for the global one",
    provider("getTracer"),
  ),
  /** Makes the meter; `null` for the global provider */
  meterProvider: option<MeterProvider | null>(
    null,
    "a MeterProvider, or null for the global one",
    provider("getMeter"),
  ),
} as const;

/** The options of `openTelemetry()`. */
export interface OpenTelemetryOptions extends GivenOptions<typeof telemetryOptions> {}

/** The options with their defaults. */
export type TelemetryOptions = ResolvedOptions<typeof telemetryOptions>;
