/** The subpath `roomcast/nest`: the gateways of a NestJS application on the bridge. */

export type { MessageHandler, MessagePayload, Results } from "./nest/client-calls.ts";
export { RoomcastAdapter } from "./nest/roomcast-adapter.ts";
