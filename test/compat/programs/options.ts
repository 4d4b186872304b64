/** Programs about options that show in what requests get, and in how long clients may take. */

import { request } from "node:http";
import { Adapter } from "socket.io-adapter";
import WebSocket from "ws";
import { ask, polling } from "./engine.ts";
import type { Program, Stage } from "./stage.ts";

/** Begins a connection by long polling. */
async function open(stage: Stage): Promise<{ sid: string; upgrades: string[]; path: string }> {
  const { body } = await ask(stage, polling);
  const { sid, upgrades } = JSON.parse(body.slice(1));
  return { sid, upgrades, path: `${polling}&sid=${sid}` };
}

/** Opens a WebSocket without a library for the protocol. */
function webSocket(stage: Stage, path: string): WebSocket {
  const socket = new WebSocket(stage.url.replace("http", "ws") + path);
  socket.on("error", () => {});
  stage.cleanUp(() => socket.terminate());
  return socket;
}

/** The programs by what they show. */
export const options: Readonly<Record<string, Program>> = {
  "an adapter in memory, named": async (stage) => {
    const io = stage.serve({ adapter: Adapter });
    stage.log(io.adapter() === (Adapter as unknown));
    io.on("connection", (socket) => {
      socket.join("red");
      io.to("red").emit("joined");
    });
    await stage.join("ada");
    await stage.seen("ada", "joined");
  },

  "a connection that joins no namespace in time": async (stage) => {
    const io = stage.serve({ connectTimeout: 60 });
    io.engine.on("connection", (conn) => {
      conn.on("close", (reason: string) => stage.log("close", reason));
    });
    const { path } = await open(stage);
    void ask(stage, path).catch(() => {});
    await stage.seen("server", "close");
    stage.log((await ask(stage, path)).status);
  },

  "a client that does not answer": async (stage) => {
    const io = stage.serve({ pingInterval: 50, pingTimeout: 60 });
    io.on("connection", (socket) => {
      socket.on("disconnect", (reason) => stage.log("disconnect", reason));
    });
    let path: string;
    let status: number | undefined;
    do {
      // On a busy machine, the connection may end before it joins the namespace.
      ({ path } = await open(stage));
      ({ status } = await ask(stage, path, {}, "POST", "40"));
    } while (status !== 200);
    void ask(stage, path).catch(() => {});
    await stage.seen("server", "disconnect");
    stage.log((await ask(stage, path)).status);
  },

  "a change to WebSocket that takes too long": async (stage) => {
    stage.serve({ upgradeTimeout: 60 });
    const { sid } = await open(stage);
    const socket = webSocket(stage, `/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
    stage.log("opened");
    await new Promise((resolve) => socket.once("close", resolve));
    stage.log("closed");
  },

  "a message that is too large": async (stage) => {
    const io = stage.serve({ maxHttpBufferSize: 100 });
    io.on("connection", (socket) => {
      socket.on("say", (text) => stage.log("say", text.length));
      socket.on("disconnect", () => stage.log("disconnect"));
    });
    const { path } = await open(stage);
    const answer = await ask(stage, path, {}, "POST", `42["say","${"x".repeat(200)}"]`).catch(() => null);
    stage.log(answer?.status === 200);
    const ada = await stage.join("ada");
    ada.emit("say", "short");
    await stage.seen("server", "say");
    ada.emit("say", "x".repeat(200));
    await stage.seen("server", "disconnect");
    await stage.seen("ada", "disconnect");
  },

  "WebSocket alone": async (stage) => {
    stage.serve({ transports: ["websocket"] });
    const { status, body } = await ask(stage, polling);
    stage.log(status, body);
    await stage.join("ada", "/", { transports: ["websocket"] });
  },

  "no change to WebSocket": async (stage) => {
    const io = stage.serve({ allowUpgrades: false });
    stage.log((await open(stage)).upgrades);
    io.on("connection", (socket) => socket.on("name", (done) => done(socket.conn.transport.name)));
    const ada = await stage.join("ada", "/", { transports: ["polling", "websocket"] });
    stage.note("ada", await ada.emitWithAck("name"));
  },

  "compressed answers": async (stage) => {
    const io = stage.serve({ httpCompression: { threshold: 512 } });
    io.on("connection", (socket) => {
      socket.on("more", (length) => socket.emit("long", "x".repeat(length)));
    });
    const { path } = await open(stage);
    const encoding = async (message: string) => {
      await ask(stage, path, {}, "POST", message);
      return (await ask(stage, path, { "accept-encoding": "gzip" })).headers["content-encoding"];
    };
    stage.log(await encoding("40"));
    stage.log(await encoding('42["more",2000]'));
    stage.log(await encoding('42["more",20]'));
  },

  "compressed messages": async (stage) => {
    stage.serve({ perMessageDeflate: true });
    const socket = webSocket(stage, "/socket.io/?EIO=4&transport=websocket");
    await new Promise((resolve) => socket.once("open", resolve));
    stage.log("open", socket.extensions.includes("permessage-deflate"));
    const ada = await stage.join("ada");
    stage.log(ada.connected);
  },

  "a path without a slash at its end": async (stage) => {
    stage.serve({ addTrailingSlash: false });
    stage.log((await ask(stage, "/socket.io?EIO=4&transport=polling")).status);
    stage.log((await ask(stage, polling)).status);
  },

  "a change to another protocol that the program does not know": async (stage) => {
    stage.http.on("request", (_request, response) => response.writeHead(404).end());
    stage.serve({ destroyUpgrade: true, destroyUpgradeTimeout: 60 });
    await stage.join("ada");
    const ended = await new Promise((resolve) => {
      const headers = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
      const sent = request(`${stage.url}/other`, { headers: { ...headers, "sec-websocket-key": "x" } });
      // Stock ends the connection, and here it is answered like every request that is not for the server.
      sent.on("error", () => resolve("over"));
      sent.on("response", () => resolve("over"));
      sent.end();
    });
    stage.log(ended);
  },
};
