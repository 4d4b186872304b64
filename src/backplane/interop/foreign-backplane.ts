/** A backplane in the message format of other servers: what it is made of, and what its owner calls. */

import type { Clock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { Backplane } from "../../core/ports.ts";
import type { Bus } from "../bus/bus.ts";
import type { ForeignOwner } from "../cluster/ignored-messages.ts";
import type { LocalClients } from "../cluster/ports.ts";
import type { ForeignServerEvents } from "./foreign-server-events.ts";

/** The parts of this process that a foreign backplane connects to the other servers. */
export interface ForeignBackplaneParts {
  /** Carries messages on Redis channels under their own names. The backplane opens and closes it. */
  readonly bus: Bus;
  /** The clients of this process. */
  readonly clients: LocalClients;
  /** Learns of the bus, and of messages that the backplane ignores. */
  readonly owner: ForeignOwner;
  readonly clock: Clock;
  readonly trace: Trace;
}

/** A backplane with its beginning and end. */
export interface ForeignBackplane extends Backplane {
  /** Events between servers; missing where the format has none. */
  readonly serverEvents?: ForeignServerEvents;
  /** Connects. Settles when the first attempt has ended; rejects when none can succeed. */
  open(): Promise<void>;
  /** Closes the bus, after the messages that are under way. */
  close(): Promise<void>;
}
