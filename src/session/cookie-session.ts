/** A session that lives in the visitor's cookie. A socket reads it, and has no response to change it with. */
import { RoomcastError } from "../base/errors.ts";
import type { HttpSession } from "./http-session.ts";

/**
 * @param library - the name for the error message
 * @param read - reads the data of the handshake's cookie
 */
export function cookieSession(library: string, read: HttpSession["read"]): HttpSession {
  return {
    read,
    async write() {
      throw new RoomcastError(
        "ERR_SESSION",
        `${library} keeps this session in the visitor's cookie, which a socket cannot set. Change it in an HTTP request, or keep sessions in a store of the server.`,
      );
    },
  };
}
