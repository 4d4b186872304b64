/** The subpath `roomcast/msgpack`: MessagePack for the client of `roomcast/client`. */

export { messagePack } from "./browser/message-pack.ts";
