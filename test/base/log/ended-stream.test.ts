import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { requireOpen } from "../../../src/base/log/ended-stream.ts";

it("refuses a stream that has ended or was destroyed, and takes everything else for open", () => {
  const [open, ended, destroyed] = [new PassThrough(), new PassThrough(), new PassThrough()];
  ended.end();
  destroyed.destroy();
  for (const stream of [undefined, null, {}, { write() {} }, open]) requireOpen(stream);
  for (const stream of [ended, destroyed, { destroyed: true }])
    expect(() => requireOpen(stream)).toThrow("the logger has ended");
});
