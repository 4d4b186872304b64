import { duplexPair } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  checkHandshake,
  chosenSubprotocol,
  handshakeAnswer,
  NodeWebSocket,
  type WebSocketCarrier,
} from "../../../src/adapter/node/node-websocket.ts";
import { encodeAsciiFrame } from "../../../src/websocket/frame.ts";
import { soon } from "../../support/waiting.ts";

/** The sample of RFC 6455 §1.3. */
const sample = {
  method: "GET",
  headers: {
    upgrade: "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
  },
};

const withFields = (fields: object) => ({ ...sample, headers: { ...sample.headers, ...fields } });

describe("checkHandshake", () => {
  it.each([
    ["as the specification has it", {}],
    ["with another spelling of the protocol", { upgrade: "WebSocket" }],
  ])("takes a request %s", (_what, fields) => {
    expect(checkHandshake(withFields(fields))).toBeUndefined();
  });

  it.each([
    ["no upgrade", { upgrade: undefined }],
    ["another protocol", { upgrade: "h2c" }],
    ["a list of protocols", { upgrade: "websocket, h2c" }],
    ["a short key", { "sec-websocket-key": "dGhlIHNhbXBsZSBub25j" }],
    ["two keys", { "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==" }],
  ])("refuses %s", (_what, fields) => {
    expect(checkHandshake(withFields(fields))?.status).toBe(400);
  });

  it.each(["8", "12", "013", undefined])(
    "says which version it speaks to a client of version %s",
    (version) => {
      expect(checkHandshake(withFields({ "sec-websocket-version": version }))).toMatchObject({
        status: 426,
        headers: { "sec-websocket-version": "13" },
      });
    },
  );
});

describe("handshakeAnswer", () => {
  it("proves that it has read the key, with the sample of the specification", () => {
    expect(handshakeAnswer(sample.headers, { "set-cookie": "io=a" })).toBe(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nset-cookie: io=a\r\n\r\n",
    );
  });
});

describe("chosenSubprotocol", () => {
  it.each([
    ["chat", "chat"],
    [" chat , other", "chat"],
    ["v1.chat+json", "v1.chat+json"],
  ])("chooses the first of %j", (offered, chosen) => {
    expect(chosenSubprotocol(offered)).toBe(chosen);
  });

  it.each([[undefined], [""], [" "], [", chat"], ["a b"], ["a\r\nset-cookie: b"], ["ä"]])(
    "chooses none of %j",
    (offered) => {
      expect(chosenSubprotocol(offered)).toBeUndefined();
    },
  );
});

/** A WebSocket, its listener's notes, and the peer's end of its stream. */
function open(answer: string | null = null) {
  const [peer, accepted] = duplexPair();
  const carrier = Object.assign(accepted, { setTimeout: () => {} }) as WebSocketCarrier;
  carrier.on("error", () => {});
  const link = new NodeWebSocket(carrier, { maxLength: 100, maxFragments: 10 });
  const notes: unknown[] = [];
  link.start(Buffer.alloc(0), answer);
  link.listener = {
    onText: (text) => notes.push(text),
    onBinary: (bytes) => notes.push([...bytes]),
    onClose: (cause) => notes.push({ cause }),
  };
  const pieces: string[] = [];
  peer.on("data", (bytes: Buffer) => pieces.push(bytes.toString("latin1")));
  return { link, notes, peer, carrier, pieces };
}

const frame = (text: string) => encodeAsciiFrame(text) ?? expect.fail();

/** A close frame of the server with this code. */
const closing = (code: number) => `\x88\x02${String.fromCharCode(code >> 8, code & 0xff)}`;

describe("NodeWebSocket", () => {
  it("sends the answer to the request together with the first frames", async () => {
    const { link, pieces } = open("the answer ");
    link.writeFrames(frame("hello"));
    link.answer();
    link.writeFrames(frame("again"));
    await soon(() => pieces).toEqual([`the answer ${frame("hello")}`, frame("again")]);
  });

  it("sends the answer alone where no frame takes it along, and before frames that are bytes", async () => {
    const [alone, before] = [open("answer"), open("answer")];
    alone.link.answer();
    before.link.writeFrames([Buffer.from("one"), Buffer.from("two")]);
    await soon(() => alone.pieces.join("")).toBe("answer");
    await soon(() => before.pieces.join("")).toBe("answeronetwo");
  });

  it("says nothing more after it has begun to close", async () => {
    const { link, pieces } = open();
    link.close(1000);
    link.writeFrames(frame("late"));
    link.close(1001);
    await soon(() => pieces).toEqual([closing(1000)]);
  });

  it("hands on what came together with the request", async () => {
    const { link, notes, peer } = open();
    const unmasked = Buffer.from("\x81\x82\0\0\0\0hi", "latin1");
    peer.write(unmasked);
    await soon(() => notes).toEqual(["hi"]);
    expect(link.takesFrames).toBe(true);
  });

  it("tells why it ends a peer that breaks the rules, and then takes nothing more from it", async () => {
    const { notes, peer, pieces } = open();
    // A message that is longer than the limit.
    peer.write(Buffer.from("\x82\xe5\0\0\0\0", "latin1"));
    await soon(() => notes).toEqual([{ cause: "too large" }]);
    peer.write(Buffer.from("\x81\x82\0\0\0\0hi", "latin1"));
    await soon(() => pieces).toEqual([closing(1009)]);
    expect(notes).toHaveLength(1);
  });

  it("is closed once, however it ends", async () => {
    const { link, notes, carrier } = open();
    link.terminate();
    link.terminate();
    await soon(() => notes).toEqual([{ cause: "closed" }]);
    expect(carrier.destroyed).toBe(true);
  });

  it("cuts off at once a peer that fails after it was told to close", () => {
    const { link, carrier } = open();
    link.close(1000);
    link.fail(1001, "server shutting down");
    expect(carrier.destroyed).toBe(true);
  });

  it("closes its side when the peer closes its own", async () => {
    const { notes, peer, carrier } = open();
    peer.end();
    await soon(() => notes).toEqual([{ cause: "closed" }]);
    expect(carrier.writableEnded).toBe(true);
  });
});
