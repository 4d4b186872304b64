/** The subpath `roomcast/react`: hooks for the client of `roomcast/client`. */

export { type UsedCall, useCall } from "./react/use-call.ts";
export { useEvent } from "./react/use-event.ts";
export { useLatest } from "./react/use-latest.ts";
export { type PresenceChange, usePresence } from "./react/use-presence.ts";
export { type UsedSocket, useSocket } from "./react/use-socket.ts";
