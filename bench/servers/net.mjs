/**
 * Bare `node:net`: the floor of Node's own sockets. It answers the WebSocket handshake, reads short masked
 * frames that arrive in one piece, and writes short frames. There is no protocol, no check and no limit.
 * Never use it for anything else.
 *
 * With `--handle` it bypasses the stream and writes to the socket's internal handle, which shows the cost of
 * writing through Node's streams.
 */

import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { announce } from "./control.mjs";

const writesOnHandle = process.argv.includes("--handle");
const rooms = new Map();
const members = new Set();
let counted = 0;

/** A short text frame with one byte for each character. */
function frameOf(text) {
  const { length } = text;
  const header = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 0xff];
  return String.fromCharCode(...header) + text;
}

class Member {
  constructor(socket) {
    this.socket = socket;
    this.joined = [];
    this.isOpen = false;
  }

  /** Writes a frame for one client, as a string. */
  send(frame) {
    if (!writesOnHandle) this.socket.write(frame, "latin1");
    else this.socket._handle?.writeLatin1String({ oncomplete() {} }, frame);
  }

  /** Writes a frame for many clients, as bytes. */
  sendShared(bytes) {
    if (!writesOnHandle) this.socket.write(bytes);
    else this.socket._handle?.writeBuffer({ oncomplete() {}, bytes }, bytes);
  }

  read(bytes) {
    if (!this.isOpen) {
      this.open(bytes.toString("latin1"));
      return;
    }
    let at = 0;
    while (at < bytes.length) {
      const opcode = bytes[at] & 0x0f;
      let length = bytes[at + 1] & 0x7f;
      at += 2;
      if (length === 126) {
        length = bytes.readUInt16BE(at);
        at += 2;
      }
      const start = at + 4;
      const end = start + length;
      if (length === 127 || end > bytes.length || opcode === 0x8) {
        this.socket.destroy();
        return;
      }
      for (let index = start; index < end; index += 1) bytes[index] ^= bytes[at + ((index - start) & 3)];
      if (opcode === 0x1) this.take(bytes.latin1Slice(start, end));
      at = end;
    }
  }

  open(head) {
    const key = /sec-websocket-key: (.*)\r/i.exec(head)?.[1] ?? "";
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    this.socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.isOpen = true;
    members.add(this);
  }

  take(message) {
    const rest = message.slice(1);
    switch (message[0]) {
      case "e":
        this.send(frameOf(rest));
        break;
      case "b":
        broadcast(members, rest);
        break;
      case "t": {
        const [count, text] = rest.split("\n");
        for (let index = 0; index < Number(count); index += 1) broadcast(members, text);
        break;
      }
      case "j": {
        const room = rooms.get(rest) ?? new Set();
        rooms.set(rest, room.add(this));
        this.joined.push(room);
        this.send(frameOf("joined"));
        break;
      }
      case "r": {
        const [room, text] = rest.split("\n");
        broadcast(rooms.get(room) ?? [], text);
        break;
      }
      case "s":
        counted += 1;
        break;
      case "f":
        this.send(frameOf(`flushed ${counted}`));
        break;
    }
  }

  close() {
    members.delete(this);
    for (const room of this.joined) room.delete(this);
  }
}

function broadcast(receivers, text) {
  const bytes = Buffer.from(frameOf(text), "latin1");
  for (const receiver of receivers) receiver.sendShared(bytes);
}

const server = createServer({ noDelay: true }, (socket) => {
  const member = new Member(socket);
  socket.on("data", (bytes) => member.read(bytes));
  socket.on("error", () => {});
  socket.on("close", () => member.close());
});
server.listen(0, "127.0.0.1", () => announce(server.address().port, []));
