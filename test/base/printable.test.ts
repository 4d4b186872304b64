import { describe, expect, it } from "vitest";
import { printable, printableLines, quoted } from "../../src/base/printable.ts";

/** Characters that do more than be seen, by their code points. */
const unprintable = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
  ...[0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
  ...[0x2066, 0x2067, 0x2068, 0x2069],
];

const escaped = (code: number) => `\\u${code.toString(16).padStart(4, "0")}`;

describe("printable()", () => {
  it("escapes control characters, ends of lines and marks of direction", () => {
    for (const code of unprintable) {
      expect(printable(`a${String.fromCharCode(code)}b`)).toBe(`a${escaped(code)}b`);
    }
    expect(printable("\u202e\u2028\u009b")).toBe("\\u202e\\u2028\\u009b");
  });

  it("escapes what Unicode calls control characters, separators of lines and marks of direction", () => {
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
    const named = all.filter((unit) => /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(unit));
    expect(all.filter((unit) => printable(unit) !== unit)).toEqual(named);
  });

  it("leaves what people write as it is, in whatever language", () => {
    const texts = [
      "plain",
      'with "quotes" and \\',
      "grüße",
      "聊天室",
      "שלום",
      "مرحبا",
      "می‌خواهم",
      "👩‍👩‍👧",
      "",
    ];
    for (const text of texts) expect(printable(text)).toBe(text);
  });
});

describe("printableLines()", () => {
  it("keeps lines, all but the first indented, and escapes everything else", () => {
    expect(printableLines("Error: a\u001b[2J\nforged\r\n    at here\n  b\u202e")).toBe(
      "Error: a\\u001b[2J\n    forged\\u000d\n    at here\n  b\\u202e",
    );
  });

  it("keeps an empty line empty", () => {
    expect(printableLines("a\n\nb")).toBe("a\n\n    b");
  });
});

describe("quoted()", () => {
  it("puts a name into quotation marks that nothing in it can end", () => {
    expect(quoted('say "hi"\n\u2028\u0085\u202eevil')).toBe('"say \\"hi\\"\\n\\u2028\\u0085\\u202eevil"');
  });

  it("shows names as they are", () => {
    expect(quoted("聊天室")).toBe('"聊天室"');
  });
});
