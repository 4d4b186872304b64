/**
 * The address of a server as people type it: `localhost:5000`, `:5000`, `https://x.example/chat`. As with
 * Socket.IO's client, the path names the namespace, unless it is that of Engine.IO, such as `/socket.io/`.
 */

import { isIP } from "node:net";
import { quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";

/** Where a client connects. */
export interface ServerAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly hostname: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** That of Engine.IO, which ends with a slash. */
  readonly path: string;
  readonly namespace: string;
  readonly query: Readonly<Record<string, string>>;
}

/** What options say besides the URL. */
export interface AddressFlags {
  readonly path?: string | undefined;
  readonly namespace?: string | undefined;
}

const defaultPath = "/socket.io/";

/**
 * Reads an address.
 *
 * @throws CommandFailure when it is none
 */
export function readServerAddress(text: string, flags: AddressFlags = {}): ServerAddress {
  const url = parse(text);
  const isEngine = /\/(?:socket\.io|engine\.io)\/?$/.test(url.pathname);
  const path = withSlashes(flags.path ?? (isEngine ? url.pathname : defaultPath));
  const fromUrl = isEngine ? "/" : decodeURIComponent(url.pathname.replace(/(?<=.)\/$/, ""));
  const namespace = flags.namespace ?? fromUrl;
  return {
    origin: url.origin,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
    isSecure: url.protocol === "https:",
    path,
    namespace: namespace.startsWith("/") ? namespace : `/${namespace}`,
    query: Object.fromEntries(url.searchParams),
  };
}

function parse(text: string): URL {
  const trimmed = text.trim();
  if (trimmed === "") throw usageFailure("The URL is empty. Give one such as http://localhost:5000.");
  let full = trimmed;
  if (/^:\d/.test(full)) full = `http://localhost${full}`;
  else if (/^\d{1,5}$/.test(full)) full = `http://localhost:${full}`;
  else if (!/^[a-z][a-z+.-]*:\/\//i.test(full)) full = `${isLocal(full) ? "http" : "https"}://${full}`;
  const withHttp = full.replace(/^ws(s?):/i, "http$1:");
  let url: URL;
  try {
    url = new URL(withHttp);
  } catch {
    throw usageFailure(
      `${quoted(text)} is not a URL. Give one such as http://localhost:5000 or https://example.com/chat.`,
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw usageFailure(
      `${quoted(text)} begins with ${quoted(url.protocol)}. Give a URL with http, https, ws or wss.`,
    );
  return url;
}

/** Whether an address without a scheme is of this machine or of a network that has no certificates. */
function isLocal(address: string): boolean {
  const host = address.replace(/[/?#].*$/, "").replace(/:\d+$/, "");
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    isIP(host) !== 0 ||
    host.startsWith("[") ||
    !host.includes(".")
  );
}

function withSlashes(path: string): string {
  return `/${path}/`.replaceAll(/\/{2,}/g, "/");
}
