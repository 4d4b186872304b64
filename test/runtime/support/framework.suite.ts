/** The behaviour of every framework: its own routes still answer, and Roomcast serves clients beside them. */

import { Readable } from "node:stream";
import { RoomcastError, SocketIO, type SocketIOOptions, type TlsOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import type { HttpServer } from "../../../src/adapter/node/node-adapter.ts";
import { certificate } from "./certificate.ts";
import { connect, next, transports, upgraded } from "./clients.ts";
import { ask, closeAfterTest, urlOf } from "./http.ts";

/** The parameters of a framework's site. */
export interface SitePlan {
  /** Paths of the requests that reach the application, in order. */
  readonly seen: string[];
  /** The stream that `GET /story` answers with. */
  readonly story: () => Readable;
  /** For a site that makes its own server and serves over TLS. */
  readonly tls?: TlsOptions | undefined;
}

/**
 * An application with these routes: `GET /` answers "home", `POST /echo` answers with the field `text` of the
 * request's JSON, `GET /story` streams, `GET /socket.iox` and `GET /socket.io/` answer "the application's
 * own", and everything else has status 404.
 */
export interface Site {
  readonly app: object;
  /** Listens on a free port in the framework's own way, and attaches Roomcast if it is not attached yet. */
  listen(socketio: SocketIO, tls?: TlsOptions): Promise<HttpServer>;
}

/** Describes a framework. With `hasServer`, its applications make their own server. */
export function describeFramework(
  makeSite: (plan: SitePlan) => Site | Promise<Site>,
  { hasServer = false } = {},
): void {
  async function start(options: SocketIOOptions = {}, tls?: TlsOptions) {
    const seen: string[] = [];
    let continueStory = () => {};
    const continued = new Promise<void>((resolve) => {
      continueStory = resolve;
    });
    const site = await makeSite({ seen, story: () => Readable.from(tell(continued)), tls });
    const socketio = new SocketIO(site.app, options);
    socketio.on("add", (a: number, b: number) => a + b);
    socketio.on("shout", (text: string) => socketio.emit("shouted", text.toUpperCase()));
    onTestFinished(() => socketio.stop());
    return { site, socketio, seen, continueStory };
  }

  async function expectRoutes(url: string, seen: string[], continueStory: () => void): Promise<void> {
    seen.length = 0;
    expect(await (await fetch(url)).text()).toBe("home");
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ text: "hello ".repeat(20_000) });
    const echo = await fetch(`${url}/echo`, { method: "POST", headers, body });
    expect(await echo.text()).toBe("hello ".repeat(20_000));
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    expect(await (await fetch(`${url}/socket.iox?EIO=4&transport=polling`)).text()).toBe(
      "the application's own",
    );
    const story = (await fetch(`${url}/story`)).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await story?.read())?.value).toBe("Once upon a time");
    continueStory();
    expect((await story?.read())?.value).toBe(" they lived happily.");
    expect((await story?.read())?.done).toBe(true);
    expect(seen).toEqual(["/", "/echo", "/nowhere", "/socket.iox", "/story"]);
  }

  /** A server may ignore an offer of another protocol (RFC 9110 §7.8), like Node without a listener. */
  async function expectOffers(url: string): Promise<void> {
    const offer = {
      connection: "Upgrade, HTTP2-Settings",
      upgrade: "h2c",
      "http2-settings": "AAMAAABkAAQAAP__",
    };
    expect(await ask(url, { headers: offer })).toMatchObject({ status: 200, text: "home" });
    const body = JSON.stringify({ text: "hello" });
    const headers = { ...offer, "content-type": "application/json", "content-length": String(body.length) };
    expect((await ask(`${url}/echo`, { method: "POST", headers, body })).text).toBe("hello");
    const shake = `${url}/socket.io/?EIO=4&transport=polling`;
    expect(await ask(shake, { headers: offer })).toMatchObject({
      status: 200,
      text: expect.stringMatching(/^0\{"sid"/),
    });
    const webSocket = { connection: "Upgrade", upgrade: "websocket" };
    expect((await ask(`${url}/nowhere`, { headers: webSocket })).status).toBe(404);
    expect((await ask(`${url}/socket.io/nested/`, { headers: webSocket })).status).toBe(404);
  }

  async function expectClients(url: string): Promise<void> {
    const ca = url.startsWith("https:") ? { ca: certificate.cert } : {};
    for (const transport of transports) {
      const client = await connect(url, { transports: [transport], ...ca });
      expect(client.io.engine.transport.name).toBe(transport);
      expect(await client.emitWithAck("add", 1, 2)).toBe(3);
      const shouted = next(client, "shouted");
      client.emit("shout", "grüße ✓");
      expect(await shouted).toBe("GRÜSSE ✓");
    }
    const mover = await connect(url, ca);
    await upgraded(mover);
    expect(await mover.emitWithAck("add", 3, 4)).toBe(7);
  }

  describe("served by run()", () => {
    it("answers its own routes, and clients beside them", async () => {
      const { socketio, seen, continueStory } = await start();
      const { url } = await socketio.run({ port: 0 });
      await expectRoutes(url, seen, continueStory);
      await expectClients(url);
      expect(seen.filter((path) => path.startsWith("/socket.io/"))).toEqual([]);
    });

    it("gets requests that offer another protocol as if Roomcast were not there", async () => {
      const { socketio } = await start();
      await expectOffers((await socketio.run({ port: 0 })).url);
    });

    it("is gone after stop()", async () => {
      const { socketio } = await start();
      const { url } = await socketio.run({ port: 0 });
      expect((await fetch(url)).status).toBe(200);
      const client = await connect(url, { transports: ["websocket"] });
      const left = next(client, "disconnect");
      await socketio.stop();
      expect(await left).toMatch(/server disconnect|transport close/);
      await expect(fetch(url)).rejects.toThrow();
    });

    it("completes answers in progress when it stops", async () => {
      const { socketio, continueStory } = await start();
      const { url } = await socketio.run({ port: 0 });
      const story = (await fetch(`${url}/story`)).body?.pipeThrough(new TextDecoderStream()).getReader();
      expect((await story?.read())?.value).toBe("Once upon a time");
      const stopped = socketio.stop();
      continueStory();
      expect((await story?.read())?.value).toBe(" they lived happily.");
      expect((await story?.read())?.done).toBe(true);
      await stopped;
    });

    it("does not wait forever for an endless answer when it stops", async () => {
      const { socketio } = await start();
      const { url } = await socketio.run({ port: 0 });
      const story = (await fetch(`${url}/story`)).body?.getReader();
      await story?.read();
      await Promise.all([socketio.stop(), expect(story?.read()).rejects.toThrow()]);
    });

    if (hasServer) {
      it("gets an error that tls belongs to its own server", async () => {
        const { socketio } = await start();
        const error = await socketio.run({ port: 0, tls: certificate }).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(RoomcastError);
        expect(error).toMatchObject({
          code: "ERR_OPTION",
          message: expect.stringMatching(/server of its own: give tls to that one/),
        });
      });
    } else {
      it("speaks TLS with the option tls", async () => {
        const { socketio } = await start();
        const { url } = await socketio.run({ port: 0, tls: certificate });
        expect(url).toMatch(/^https:/);
        expect((await ask(url)).text).toBe("home");
        await expectClients(url);
      });
    }
  });

  describe("on its own listening server", () => {
    it("answers its own routes, and clients beside them", async () => {
      const { site, socketio, seen, continueStory } = await start();
      const server = await site.listen(socketio);
      closeAfterTest(server);
      await expectRoutes(urlOf(server), seen, continueStory);
      await expectClients(urlOf(server));
      expect(seen.filter((path) => path.startsWith("/socket.io/"))).toEqual([]);
    });

    it("gets requests that offer another protocol as if Roomcast were not there", async () => {
      const { site, socketio } = await start();
      const server = await site.listen(socketio);
      closeAfterTest(server);
      await expectOffers(urlOf(server));
    });

    it("continues without Roomcast after stop(), and gets the requests of its path", async () => {
      const { site, socketio, seen, continueStory } = await start();
      const server = await site.listen(socketio);
      closeAfterTest(server);
      const url = urlOf(server);
      const client = await connect(url, { transports: ["websocket"] });
      expect(await (await fetch(`${url}/socket.io/`)).json()).toMatchObject({ message: "Transport unknown" });
      const left = next(client, "disconnect");
      await socketio.stop();
      await left;
      expect(server.listening).toBe(true);
      await expectRoutes(url, seen, continueStory);
      expect(await (await fetch(`${url}/socket.io/`)).text()).toBe("the application's own");
    });

    it("serves over TLS", async () => {
      const { site, socketio } = await start({}, certificate);
      const server = await site.listen(socketio, certificate);
      closeAfterTest(server);
      expect((await ask(urlOf(server))).text).toBe("home");
      await expectClients(urlOf(server));
    });
  });
}

async function* tell(continued: Promise<void>): AsyncGenerator<string> {
  yield "Once upon a time";
  await continued;
  yield " they lived happily.";
}
