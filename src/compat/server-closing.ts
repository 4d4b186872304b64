/** Closes the server of Node's below the bridge, as `io.close()` does. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpServer } from "../adapter/node/node-adapter.ts";

/** How often a closing server looks for connections that have become idle, in ms. */
const sweepInterval = 20;

/**
 * Closes a server after the answers under way.
 *
 * @param path - the path of the requests to refuse, whose clients have not noticed yet
 * @returns the error of a server that did not run
 */
export function closeHttpServer(server: HttpServer, path: string): Promise<Error | undefined> {
  const refuse = ({ url = "" }: IncomingMessage, response: ServerResponse) => {
    if (url.startsWith(path) && !response.headersSent) response.writeHead(503, { connection: "close" }).end();
  };
  server.on("request", refuse);
  // Node closes the connections that are idle at first, and not those that become so.
  const sweep = setInterval(() => {
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  }, sweepInterval);
  return new Promise((resolve) => {
    server.close((error?: Error) => {
      clearInterval(sweep);
      server.off("request", refuse);
      resolve(error);
    });
  });
}
