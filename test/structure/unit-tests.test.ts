import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hasLogic, type TestedElsewhere, testOf, untestedFaults } from "./unit-tests.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Files whose behaviour shows only as a part of something larger, and the test of that. */
const elsewhere: TestedElsewhere = {
  "react/shared-socket.ts": "runtime/react-page.test.ts",
  "react/latest-value.ts": "runtime/react-page.test.ts",
  "react/use-socket.ts": "runtime/react-page.test.ts",
  "react/use-event.ts": "runtime/react-page.test.ts",
  "react/use-call.ts": "runtime/react-page.test.ts",
  "react/use-latest.ts": "runtime/react-page.test.ts",
  "react/use-presence.ts": "runtime/react-page.test.ts",
  "adapter/bun/bun-runtime.ts": "app/serve/bun-listener.test.ts",
  "adapter/frameworks/express.ts": "runtime/express.test.ts",
  "adapter/frameworks/hono.ts": "runtime/hono.test.ts",
  "adapter/frameworks/koa.ts": "runtime/koa.test.ts",
  "net/direct-socket.ts": "runtime/direct-socket.test.ts",
  "net/bare-connections.ts": "runtime/bare-connections.test.ts",
  "net/bare-connection.ts": "runtime/bare-connections.test.ts",
  "net/bare-requests.ts": "runtime/bare-polling.test.ts",
  "adapter/node/bare-upgrade.ts": "runtime/bare-connections.test.ts",
  "adapter/node/http2.ts": "runtime/http2.test.ts",
  "adapter/node/request-filter.ts": "compat/bridge.test.ts",
  "app/dashboard/dashboard-site.ts": "dashboard/dashboard.test.ts",
  "app/handlers/watched-event.ts": "app/handlers/metered-event.test.ts",
  "admin/admin.ts": "compat/admin.test.ts",
  "admin/admin-commands.ts": "compat/admin.test.ts",
  "app/server-hooks.ts": "compat/bridge.test.ts",
  "compat/adapter/adapter-view.ts": "compat/bridge.test.ts",
  "compat/adapter/room-maps.ts": "compat/bridge.test.ts",
  "compat/bridge-client.ts": "compat/bridge.test.ts",
  "compat/bridge-namespace.ts": "compat/bridge.test.ts",
  "compat/bridge-server.ts": "compat/bridge.test.ts",
  "compat/bridge-server-events.ts": "compat/bridge-cluster.test.ts",
  "compat/bridge-socket.ts": "compat/bridge.test.ts",
  "compat/bridged-handlers.ts": "compat/bridge.test.ts",
  "compat/broadcast-operator.ts": "compat/bridge.test.ts",
  "compat/engine/bridge-connection.ts": "compat/bridge.test.ts",
  "compat/engine/bridge-engine.ts": "compat/bridge.test.ts",
  "compat/engine/bridge-transport.ts": "compat/bridge.test.ts",
  "compat/engine/upgrade-response.ts": "compat/bridge.test.ts",
  "compat/index.ts": "compat/bridge.test.ts",
  "compat/parent-namespace.ts": "compat/bridge.test.ts",
  "compat/refusals/refused-names.ts": "compat/api/api-table.test.ts",
  "compat/remote-socket.ts": "compat/bridge.test.ts",
  "compat/refusals/server-mistakes.ts": "compat/bridge-native.test.ts",
  "cli/command-list.ts": "cli/output/help.test.ts",
  "cli/commands/connect.ts": "compat/command-line.test.ts",
  "cli/prompt/conversation.ts": "compat/command-line.test.ts",
  "cli/prompt/record-file.ts": "compat/command-line.test.ts",
  "cli/commands/call.ts": "compat/command-line.test.ts",
  "cli/commands/doctor.ts": "compat/doctor.test.ts",
  "cli/doctor/answer-check.ts": "compat/doctor.test.ts",
  "cli/doctor/examination.ts": "compat/doctor.test.ts",
  "cli/doctor/examine.ts": "compat/doctor.test.ts",
  "cli/doctor/finding.ts": "cli/doctor/finding-text.test.ts",
  "cli/doctor/handshake-check.ts": "compat/doctor.test.ts",
  "cli/doctor/namespace-check.ts": "compat/doctor.test.ts",
  "cli/doctor/origin-check.ts": "compat/doctor.test.ts",
  "cli/doctor/patience-check.ts": "compat/doctor.test.ts",
  "cli/doctor/reach.ts": "compat/doctor.test.ts",
  "cli/doctor/session-check.ts": "compat/doctor.test.ts",
  "cli/doctor/websocket-check.ts": "compat/doctor.test.ts",
  "cli/commands/emit.ts": "compat/command-line.test.ts",
  "cli/commands/load.ts": "compat/load.test.ts",
  "cli/load/client/connector.ts": "compat/load.test.ts",
  "cli/load/client/load-client.ts": "compat/load.test.ts",
  "cli/load/measure/load-figures.ts": "cli/load/report/figures-text.test.ts",
  "cli/load/scenario/scenario.ts": "compat/load-scenario.test.ts",
  "cli/load/scenario/scripted-client.ts": "compat/load-scenario.test.ts",
  "cli/load/load-run.ts": "compat/load.test.ts",
  "cli/commands/listen.ts": "compat/command-line.test.ts",
  "cli/commands/dev.ts": "runtime/new-project.test.ts",
  "cli/dev/dev-preload.ts": "runtime/new-project.test.ts",
  "cli/dev/dev-process.ts": "runtime/new-project.test.ts",
  "cli/commands/init.ts": "cli/init/new-project.test.ts",
  "cli/init/project-template.ts": "runtime/new-project.test.ts",
  "cli/own-package.ts": "cli/init/new-project.test.ts",
  "cli/commands/top.ts": "compat/top.test.ts",
  "cli/commands/migrate.ts": "cli/migrate/migrate-command.test.ts",
  "cli/migrate/javascript/chain-meaning.ts": "cli/migrate/javascript/javascript-reader.test.ts",
  "cli/migrate/javascript/expression-kinds.ts": "cli/migrate/javascript/javascript-reader.test.ts",
  "cli/migrate/javascript/name-scopes.ts": "cli/migrate/javascript/javascript-reader.test.ts",
  "cli/migrate/program-use.ts": "cli/migrate/javascript/socketio-names.test.ts",
  "cli/top/dashboard-session.ts": "compat/top.test.ts",
  "cli/top/top-screen.ts": "compat/top.test.ts",
  "cli/exit-code.ts": "cli/program.test.ts",
  "cli/main.ts": "runtime/command-line.test.ts",
  "cli/session/open-session.ts": "compat/command-line.test.ts",
  "cli/session/outcome.ts": "compat/command-line.test.ts",
  "cli/session/server-target.ts": "compat/command-line.test.ts",
  "cli/terminal.ts": "cli/program.test.ts",
  "client/client-polling.ts": "client/engine-client.test.ts",
  "client/client-socket-opening.ts": "client/engine-client.test.ts",
  "client/network.ts": "client/connect-failure.test.ts",
  "client/node/node-network.ts": "compat/command-line.test.ts",
  "core/recovery/recoverable-session.ts": "core/recovery/recovery-sessions.test.ts",
  "dashboard/access/door.ts": "dashboard/dashboard.test.ts",
  "dashboard/commands.ts": "dashboard/dashboard.test.ts",
  "dashboard/data/client-details.ts": "dashboard/dashboard.test.ts",
  "dashboard/data/client-tail.ts": "dashboard/data/tails.test.ts",
  "dashboard/data/cluster-view.ts": "dashboard/dashboard.test.ts",
  "dashboard/data/process-view.ts": "dashboard/dashboard.test.ts",
  "dashboard/data/room-list.ts": "dashboard/dashboard.test.ts",
  "dashboard/page/parts/chart.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/parts/dom.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/main.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/page.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/parts/server.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/sign-in.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/parts/table.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/parts/theme.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/parts/view.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/client-view.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/clients-view.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/command-forms.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/events-view.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/limits-view.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/list-controls.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/overview-view.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/process-table.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/rooms-view.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/servers-view.ts": "runtime/dashboard-page.test.ts",
  "dashboard/page/views/tail-panel.ts": "runtime/dashboard-page.test.ts",
  "dashboard/queries.ts": "dashboard/dashboard.test.ts",
  "relay/peer-server.ts": "runtime/relay.test.ts",
};

it("every file of src/ that has logic has a test of its name", () => {
  const sources = new Map(
    filesBelow("src").map((path) => [path, readFileSync(join(root, "src", path), "utf8")]),
  );
  expect(untestedFaults(sources, new Set(filesBelow("test")), elsewhere)).toEqual([]);
});

describe("logic", () => {
  it.each([
    ["a function", "export function a() {}"],
    ["an arrow function in a constant", "export const a = () => 1;"],
    ["an arrow function in a table", "export const table = { a: option(1, (value) => value > 0) };"],
    ["a method of an object", "export const a = { b() {} };"],
    ["a class", "export class A {}"],
    ["a class in an expression", "export const A = class {};"],
  ])("is %s", (_what, source) => {
    expect(hasLogic("core/a.ts", source)).toBe(true);
  });

  it.each([
    ["a type", "export type A = (b: string) => void;"],
    ["a port", "export interface A { b(): void; readonly c: () => number; }"],
    ["a constant", 'export const a = 5; export const b = new Set(["c"]);'],
    ["a table of constants", "export const a = { b: 1, c: [2] } as const;"],
    ["a list of names", 'export { a } from "./a.ts"; export type * from "./b.ts";'],
    ["a declaration", "declare const a: unique symbol; declare class B { c(): void } export type D = B;"],
  ])("is not %s", (_what, source) => {
    expect(hasLogic("core/a.ts", source)).toBe(false);
  });
});

describe("the rule of tests", () => {
  const sources = new Map([
    ["core/hub.ts", "export class Hub {}"],
    ["core/model/target.ts", "export interface Target {}"],
    ["relay/server.ts", "export class Server {}"],
  ]);

  it("wants a test in the same place for each file with logic", () => {
    expect(untestedFaults(sources, new Set(["core/hub.test.ts"]), {})).toEqual([
      "src/relay/server.ts has logic, and no test/relay/server.test.ts",
    ]);
    expect(untestedFaults(sources, new Set(["hub.test.ts", "core/hub.suite.ts"]), {})).toHaveLength(2);
    expect(testOf("core/ack/answers.ts")).toBe("core/ack/answers.test.ts");
  });

  it("takes another test from the table, as long as the table is right", () => {
    const tests = new Set(["core/hub.test.ts", "runtime/relay.test.ts"]);
    expect(untestedFaults(sources, tests, { "relay/server.ts": "runtime/relay.test.ts" })).toEqual([]);
    const wrong = {
      "core/hub.ts": "core/hub.test.ts",
      "core/gone.ts": "runtime/relay.test.ts",
      "relay/server.ts": "runtime/gone.test.ts",
    };
    expect(untestedFaults(sources, tests, wrong)).toEqual([
      "src/core/hub.ts needs no row in the table",
      "src/core/gone.ts needs no row in the table",
      "the table names test/runtime/gone.test.ts for src/relay/server.ts, which does not exist",
    ]);
  });
});

/** The paths of all TypeScript files below a folder of the repository. */
function filesBelow(name: string): string[] {
  const folder = join(root, name);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => path.replaceAll(sep, posix.sep));
}
