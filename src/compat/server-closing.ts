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
  // The application must not answer as well: a second answer is an error that ends the process.
  const others = server.rawListeners("request");
  server.removeAllListeners("request");
  const refuse = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith(path) === true) response.writeHead(503, { connection: "close" }).end();
    else for (const listener of others) Reflect.apply(listener, server, [request, response]);
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
      for (const listener of others) server.on("request", listener as typeof refuse);
      resolve(error);
    });
  });
}
