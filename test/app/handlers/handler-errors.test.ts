import { request } from "roomcast";
import { expect, it } from "vitest";
import { LogLines } from "../../support/log-lines.ts";
import { plainClient, portlessServer } from "../../support/portless-server.ts";

it("an error without an error handler is logged with its event, its namespace and the client", async () => {
  const log = new LogLines();
  const { socketio } = portlessServer({ logger: log });
  const err = new Error("broken");
  let sid = "";
  const fail = () => {
    sid = request.sid;
    throw err;
  };
  socketio.on("say", fail, { namespace: "/chat" });
  await (await plainClient(socketio, "/chat")).call("say", undefined, "/chat");
  const line = `error The handler failed: event "say", namespace "/chat", sid ${sid}: Error: broken`;
  expect(log.lines).toEqual([line]);
  expect(log.records).toEqual([{ type: "handler failed", event: "say", namespace: "/chat", sid, err }]);
});

it("an error goes to the namespace's own error handler before the default one, and its answer to the client", async () => {
  const { socketio, log } = portlessServer();
  const fail = () => Promise.reject("broken");
  socketio.on("say", fail).on("say", fail, { namespace: "/chat" });
  socketio.onErrorDefault((error) => ({ default: error })).onError("/chat", (error) => ({ own: error }));
  const answers = [
    await (await plainClient(socketio)).call("say"),
    await (await plainClient(socketio, "/chat")).call("say", undefined, "/chat"),
  ];
  expect([answers, log.entries]).toEqual([[{ default: "broken" }, { own: "broken" }], []]);
});
