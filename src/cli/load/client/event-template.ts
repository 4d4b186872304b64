/**
 * An event whose values have places for what differs each time: `{{mark}}` and `{{client}}`. It is encoded
 * once; for each event the texts between the places are put together.
 */

import { encodeSocketPacket } from "../../../protocol/socket-packet-encoder.ts";
import { readEventName, readEventValue } from "../../input/event-value.ts";

/** What stands for a place while values are read and encoded: JSON leaves both as they are. */
const standIns = {
  // Characters that no text has, as they are for private use.
  mark: "\u{F0A1C}mark\u{F0A1C}",
  // A number, because `{"id":{{client}}}` has to be valid, too.
  client: "7206519436112349",
} as const;

/** Whether a text has a place for a client's number. */
export function hasClientPlace(text: string): boolean {
  return text.includes("{{client}}");
}

/** A text with a client's number in its places. */
export function fillClient(text: string, client: number): string {
  return text.replaceAll("{{client}}", String(client));
}

/** An event that is sent many times. */
export class EventTemplate {
  readonly event: string;
  /** What comes before the namespace: `2`, or with binary values `51-`. */
  readonly type: string;
  readonly attachments: readonly Uint8Array[];
  /** Texts and, at odd places, what stands between them. */
  readonly #parts: readonly string[];

  /**
   * @param event - its name
   * @param values - as they are typed
   * @throws CommandFailure when a value is not valid
   */
  constructor(event: string, values: readonly string[]) {
    this.event = readEventName(event);
    const named = withStandIns(this.event);
    const data: [string, ...unknown[]] = [named, ...values.map((text) => readEventValue(withStandIns(text)))];
    const { text, attachments } = encodeSocketPacket({ type: "event", namespace: "/", data });
    const body = text.indexOf("[");
    this.type = text.slice(0, body);
    this.attachments = attachments;
    this.#parts = text.slice(body).split(new RegExp(`(${standIns.mark}|${standIns.client})`, "u"));
  }

  /**
   * The JSON of name and values.
   *
   * @param mark - stands for `{{mark}}`
   * @param client - stands for `{{client}}`
   */
  fill(mark: string, client: number): string {
    const parts = this.#parts;
    let text = parts[0] as string;
    for (let index = 1; index < parts.length; index += 2)
      text += `${parts[index] === standIns.mark ? mark : client}${parts[index + 1]}`;
    return text;
  }
}

function withStandIns(text: string): string {
  return text.replaceAll("{{mark}}", standIns.mark).replaceAll("{{client}}", standIns.client);
}
