/**
 * Texts for logs, errors and traces. A part of them comes from clients and from other programs: it must not
 * begin a line of its own, steer a terminal or turn around the order in which a line is read. All texts for
 * people pass here.
 */

/**
 * Control characters (C0, DEL and C1), separators of lines and paragraphs, and the marks that change the
 * direction of writing (UAX #9). All of them are single UTF-16 units. Named by their properties, the latter
 * would take V8 three times as long to read, each time that a program starts.
 */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A text as one line, with escapes as in JavaScript for what cannot be seen or does more than be seen. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, escapeOf);
}

/**
 * A text of several lines, such as that of an error. All lines but the first are indented, so none passes for
 * a line of the log.
 */
export function printableLines(text: string): string {
  const escapeInLine = (character: string) => (character === "\n" ? character : escapeOf(character));
  return text.replaceAll(unprintable, escapeInLine).replaceAll(/\n(?=\S)/g, "\n    ");
}

/** A name in a message, in quotation marks. */
export function quoted(name: string): string {
  return printable(JSON.stringify(name));
}
