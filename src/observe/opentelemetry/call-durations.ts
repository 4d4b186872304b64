/** The histogram of calls: one observation for each event of a client, and for each client that joins. */

import { type Histogram, type Meter, ValueType } from "@opentelemetry/api";
import type { OperationObserver } from "../../base/tracing/traced-operations.ts";
import { type Call, callAttributes, outcomeAttributes } from "./calls.ts";
import { callDuration, callDurationBounds } from "./names.ts";

/** See the head of this file. */
export class CallDurations implements OperationObserver<Call> {
  readonly #histogram: Histogram;

  constructor(meter: Meter) {
    this.#histogram = meter.createHistogram(callDuration, {
      description: "How long calls of clients took.",
      unit: "s",
      valueType: ValueType.DOUBLE,
      advice: { explicitBucketBoundaries: [...callDurationBounds] },
    });
  }

  end(call: Call, duration: number): void {
    this.#histogram.record(duration / 1000, { ...callAttributes(call), ...outcomeAttributes(call) });
  }
}
