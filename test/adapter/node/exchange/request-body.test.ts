import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { BodyGatherer, dropBody, readWithin } from "../../../../src/adapter/node/exchange/request-body.ts";
import { heldBytes } from "../../../support/held-memory.ts";
import { soon } from "../../../support/waiting.ts";

const pieces = (text: string, size: number) => {
  const bytes = Buffer.from(text);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
};

describe("BodyGatherer", () => {
  it("takes about the memory of its bytes for a body that comes byte by byte", () => {
    const length = 200_000;
    const held = heldBytes(() => {
      const body = new BodyGatherer(1_000_000);
      for (let count = 0; count < length; count += 1) body.add(Buffer.from("x"));
      return body;
    });
    // In pieces it would be some 50 MB.
    expect(held).toBeLessThan(2_000_000);
  });

  it("hands on as it is what comes in one piece", () => {
    const body = new BodyGatherer(10);
    const piece = Buffer.from("whole");
    body.add(piece);
    expect(body.bytes.buffer).toBe(piece.buffer);
    expect(body.bytes.byteOffset).toBe(piece.byteOffset);
  });

  it.each([1, 7, 1000, 65_536, 100_000])("gives all bytes in order that came in pieces of %i", (size) => {
    const text = Array.from({ length: 30_000 }, (_, index) => index).join();
    const body = new BodyGatherer(text.length);
    expect(pieces(text, size).every((piece) => body.add(piece))).toBe(true);
    expect(Buffer.from(body.bytes).equals(Buffer.from(text))).toBe(true);
  });

  it("leaves the memory of the pieces as it was", () => {
    const first = Buffer.from("first");
    const body = new BodyGatherer(100);
    body.add(first);
    body.add(Buffer.from("second"));
    expect(first.toString()).toBe("first");
    expect(Buffer.from(body.bytes).toString()).toBe("firstsecond");
  });

  it("is empty without pieces", () => {
    expect(new BodyGatherer(10).bytes).toHaveLength(0);
  });

  it("takes as many bytes as the limit, and keeps nothing of a body with one more", () => {
    const body = new BodyGatherer(100_000);
    expect(body.add(Buffer.alloc(1))).toBe(true);
    expect(body.add(Buffer.alloc(99_999))).toBe(true);
    expect(body.bytes).toHaveLength(100_000);
    expect(body.add(Buffer.alloc(1))).toBe(false);
    expect(body.bytes).toHaveLength(0);
  });
});

describe("readWithin", () => {
  it("counts the bytes of all pieces, and reads no more once there are too many", async () => {
    const stream = Readable.from(pieces("x".repeat(100), 1));
    expect(await readWithin(50, stream, undefined)).toBeUndefined();
    expect(stream.isPaused()).toBe(true);
  });

  it("reads nothing of a body that is announced to be too long", async () => {
    const stream = Readable.from(pieces("x".repeat(100), 10));
    expect(await readWithin(50, stream, "100")).toBeUndefined();
    expect(stream.readableFlowing).toBe(null);
  });

  it("gives the body in its length", async () => {
    const body = await readWithin(50, Readable.from(pieces("chunked", 2)), undefined);
    expect(Buffer.from(body ?? []).toString()).toBe("chunked");
  });

  it("fails when the sender goes away", async () => {
    const stream = new PassThrough();
    const body = readWithin(50, stream, undefined);
    stream.write("half");
    stream.destroy();
    await expect(body).rejects.toThrow("went away");
  });
});

describe("dropBody", () => {
  it.each([{ "transfer-encoding": "chunked" }, { "content-length": "5" }])(
    "lets no piece of a body wait that is announced by %o",
    async (headers) => {
      const stream = new PassThrough();
      dropBody(stream, headers);
      for (let count = 0; count < 1000; count += 1) stream.write("x");
      await soon(() => stream.readableLength).toBe(0);
    },
  );

  it("leaves a request alone that has no body", () => {
    const stream = new PassThrough();
    dropBody(stream, { host: "localhost" });
    expect(stream.readableFlowing).toBe(null);
  });
});
