import { describe, expect, it } from "vitest";
import {
  decodePythonData,
  decodePythonMessage,
  encodePythonData,
  encodePythonMessage,
  type PythonMessage,
} from "../../../src/backplane/interop/python-message.ts";

describe("the data of python-socketio's messages", () => {
  it.each([
    ["one value, which every version reads", [{ a: 1 }], { data: { a: 1 } }],
    ["a text", ["hello"], { data: "hello" }],
    ["several values", [1, "b"], { data: [1, "b"] }],
    ["a list, which has to be told from several values", [[1, 2]], { data: [[1, 2]] }],
    ["nothing", [], { data: null }],
  ])("is written and read: %s", (_name, values, written) => {
    expect(encodePythonData(values)).toEqual(written);
    expect(decodePythonData(JSON.parse(JSON.stringify(written.data)), false)).toEqual(values);
  });

  it("has binary in a list of its own", () => {
    const bytes = Buffer.from([0, 1, 255]);
    const written = encodePythonData(["photo", { data: bytes }]);
    expect(written).toEqual({
      data: [["photo", { data: { _placeholder: true, num: 0 } }], "AAH/"],
      binary: true,
    });
    expect(decodePythonData(JSON.parse(JSON.stringify(written.data)), true)).toEqual([
      "photo",
      { data: bytes },
    ]);
    // As 5.14.2 to 5.15.0 write it.
    expect(decodePythonData([{ _placeholder: true, num: 0 }, "AAH/"], true)).toEqual([bytes]);
  });

  it("with placeholders that belong to nothing is refused", () => {
    expect(() => decodePythonData([[{ _placeholder: true, num: 1 }], "AAH/"], true)).toThrow();
  });
});

describe("a message of python-socketio", () => {
  it("is read as it was written", () => {
    const message: PythonMessage = { method: "close_room", host_id: "h", room: "grün", namespace: "/" };
    expect(decodePythonMessage(encodePythonMessage(message))).toEqual(message);
  });

  it("that is pickled is recognised by its first byte and not read", () => {
    // pickle.dumps({"method": "emit"}), protocols 2 to 5
    const pickles = ["8002", "8003", "8004951700000000000000", "8005951700000000000000"].map((hex) =>
      Buffer.from(`${hex}7d948c066d6574686f64948c04656d697494732e`, "hex"),
    );
    for (const pickle of pickles) {
      expect(decodePythonMessage(pickle)).toMatchObject({ method: "refused", isPickled: true });
    }
  });

  it("that makes no sense is not read", () => {
    for (const text of ["", "{", "null", "[]", '{"method":"explode"}', '{"data":1}', "NaN"]) {
      expect(decodePythonMessage(Buffer.from(text))).toMatchObject({ method: "refused", isPickled: false });
    }
  });

  it("may hold NaN and Infinity, which are numbers in its data and no names", () => {
    const text =
      '{"method":"emit","event":"e","data":[NaN,-Infinity,{"a":[Infinity,"NaN \\"NaN\\""]}],"room":NaN}';
    const message = decodePythonMessage(Buffer.from(text));
    expect(message).toEqual({
      method: "emit",
      event: "e",
      data: [Number.NaN, Number.NEGATIVE_INFINITY, { a: [Number.POSITIVE_INFINITY, 'NaN "NaN"'] }],
      room: Number.NaN,
    });
  });

  it("names rooms by whole numbers of any length, to the last digit", () => {
    const emit = (room: string, data = "1") =>
      decodePythonMessage(Buffer.from(`{"method":"emit","event":"e","data":${data},"room":${room}}`));
    expect(emit("9007199254740993")).toMatchObject({ room: "9007199254740993" });
    expect(emit("[-18446744073709551615, 5]")).toMatchObject({ room: ["-18446744073709551615", 5] });
    // In the data JavaScript rounds them, as it does fractions.
    const data =
      '[9007199254740993, 0.12345678901234567, "9007199254740993", {"1234567890123456789": 1e300}]';
    expect(emit("9007199254740993", data)).toMatchObject({ data: JSON.parse(data) as unknown });
    expect(emit("5", data)).toMatchObject({ room: 5, data: JSON.parse(data) as unknown });
  });
});
