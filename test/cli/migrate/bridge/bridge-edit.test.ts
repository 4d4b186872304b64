import typescript from "typescript-5.4";
import { expect, it } from "vitest";
import { bridgeEdit, bridgeNames } from "../../../../src/cli/migrate/bridge/bridge-edit.ts";
import * as bridge from "../../../../src/compat/index.ts";

const edit = (text: string) => bridgeEdit(typescript, "a.ts", text);

it.each([
  ['import { Server } from "socket.io";', 'import { Server } from "roomcast/socket.io";'],
  ["import sio from 'socket.io'", "import sio from 'roomcast/socket.io'"],
  ['import type { Socket } from "socket.io";', 'import type { Socket } from "roomcast/socket.io";'],
  ['import sio = require("socket.io");', 'import sio = require("roomcast/socket.io");'],
  ['export { Server } from "socket.io";', 'export { Server } from "roomcast/socket.io";'],
  ['const io = require("socket.io")(3000);', 'const io = require("roomcast/socket.io")(3000);'],
  ['const { Server } = await import("socket.io");', 'const { Server } = await import("roomcast/socket.io");'],
  ['let s: import("socket.io").Socket;', 'let s: import("roomcast/socket.io").Socket;'],
  ['declare module "socket.io" {}', 'declare module "roomcast/socket.io" {}'],
  ['vi.mock("socket.io");', 'vi.mock("roomcast/socket.io");'],
  [
    'import type { DefaultEventsMap } from "socket.io/dist/typed-events";',
    'import type { DefaultEventsMap } from "roomcast/socket.io";',
  ],
])("rewrites %s", (before, after) => {
  expect(edit(before)).toEqual({ text: after, problems: [] });
});

it("leaves everything else as it is, to the letter", () => {
  const text =
    '\uFEFF// from "socket.io"\r\nimport { io } from "socket.io-client";\r\nconst name = "socket.io";\r\nf("socket.io");\r\n';
  expect(edit(text).text).toBe(text);
});

it("says which imported names the bridge does not have", () => {
  const { problems } = edit('\nimport { Server, Nonsense } from "socket.io";');
  expect(problems).toEqual([{ line: 2, text: "the bridge does not export Nonsense" }]);
});

it("knows what the bridge exports", () => {
  for (const name of Object.keys(bridge)) expect(bridgeNames).toContain(name);
});
