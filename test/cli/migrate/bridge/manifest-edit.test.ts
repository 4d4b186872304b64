import { expect, it } from "vitest";
import { manifestEdit, namesPackage } from "../../../../src/cli/migrate/bridge/manifest-edit.ts";

const edit = (text: string) => manifestEdit("package.json", text, "^0.1.0");

it("puts roomcast in the place of socket.io", () => {
  expect(edit('{\n  "dependencies": {\n    "socket.io": "^4.8.1",\n    "ws": "8"\n  }\n}\n')).toBe(
    '{\n  "dependencies": {\n    "roomcast": "^0.1.0",\n    "ws": "8"\n  }\n}\n',
  );
});

it("removes socket.io where roomcast is there", () => {
  expect(edit('{\n  "dependencies": {\n    "roomcast": "^0.1.0",\n    "socket.io": "4"\n  }\n}\n')).toBe(
    '{\n  "dependencies": {\n    "roomcast": "^0.1.0"\n  }\n}\n',
  );
});

it("leaves other manifests as they are", () => {
  const text = '{ "dependencies": { "socket.io-client": "4" }, "keywords": ["socket.io"] }';
  expect(edit(text)).toBe(text);
  expect(namesPackage("package.json", text, "socket.io-client")).toBe(true);
});

it("says that a manifest is not JSON", () => {
  expect(() => edit("{")).toThrow('"package.json" is not JSON: ');
});
