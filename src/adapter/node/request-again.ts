/** Makes an `IncomingMessage` of Node's out of what the engine remembers of a request. */

import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { EngineRequest } from "../../engine/ports.ts";

/**
 * A request as it was, except for the case of its header fields and their order.
 *
 * @param socket - the one that it came by, where it is known
 */
export function requestAgain(request: EngineRequest, socket?: Socket): IncomingMessage {
  const { method, url, headers, address, secure } = request;
  const carrier = socket ?? new Socket();
  const made = new IncomingMessage(carrier);
  made.method = method;
  made.url = url;
  made.headers = headers;
  made.rawHeaders = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((each) => [name, each]),
  );
  made.httpVersion = "1.1";
  made.httpVersionMajor = 1;
  made.httpVersionMinor = 1;
  made.complete = true;
  // A socket knows where it leads to only while it is open.
  if (carrier.remoteAddress === undefined)
    Object.defineProperty(carrier, "remoteAddress", { value: address });
  if (socket === undefined && secure) Object.defineProperty(carrier, "encrypted", { value: true });
  return made;
}
