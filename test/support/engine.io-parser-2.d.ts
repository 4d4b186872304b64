/** The parts of Socket.IO 2's parser that the tests use. The package has no types. */
declare module "engine.io-parser-2" {
  export function encodePayload(
    packets: readonly object[],
    supportsBinary: boolean,
    callback: (payload: unknown) => void,
  ): void;
  export function decodePayload(
    payload: string | Uint8Array,
    binaryType: "nodebuffer",
    callback: (packet: unknown) => void,
  ): void;
  export function decodePacket(packet: string | Uint8Array, binaryType: "nodebuffer"): unknown;
}
