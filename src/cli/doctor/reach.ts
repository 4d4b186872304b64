/** Whether the machine is there: its name, its port, its certificate. */

import { lookup } from "node:dns/promises";
import { connect, isIP } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { printable } from "../../base/printable.ts";
import { asNetworkError, type NetworkError } from "../../client/network.ts";
import { EndOfExamination, type Examination } from "./examination.ts";
import { type Finding, fault, fine, remark, warning } from "./finding.ts";

const day = 86_400_000;

/** Looks the name up, and tries the port at each address. */
export async function checkReach({ target }: Examination): Promise<readonly Finding[]> {
  const { hostname, port } = target.address;
  const addresses = isIP(hostname) ? [hostname] : await addressesOf(hostname);
  const attempts = await Promise.all(addresses.map((address) => tryPort(address, port, target.timeout)));
  const open = addresses.filter((_, index) => attempts[index] === undefined);
  const [first] = attempts;
  if (open.length === 0 && first !== undefined)
    throw new EndOfExamination(closedPort(first, target.url, port));
  const found = [
    fine(
      "address",
      "reachable",
      `${hostname === open[0] ? "" : `${hostname} is `}${open.join(" and ")}, port ${port} is open`,
    ),
  ];
  const closed = addresses.filter((address) => !open.includes(address));
  if (closed.length === 0) return found;
  return [
    ...found,
    warning("address", "address-closed", {
      saw: `${hostname} is ${closed.join(" and ")}, too, where port ${port} is closed.`,
      means:
        "Clients that try this address first are slower, or fail. The server listens on some of its addresses alone.",
      mend: ['await socketio.run({ host: "::" }); // every address of IPv6 and IPv4'],
    }),
  ];
}

async function addressesOf(hostname: string): Promise<string[]> {
  try {
    return [...new Set((await lookup(hostname, { all: true })).map(({ address }) => address))];
  } catch (error) {
    throw new EndOfExamination(
      fault("address", "name-unknown", {
        saw: `The name ${printable(hostname)} has no address (${asNetworkError(error).code}).`,
        means: "It is mistyped, or its DNS record is missing or not known here yet.",
      }),
    );
  }
}

function tryPort(host: string, port: number, timeout: number): Promise<NetworkError | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    const settle = (error: unknown) => {
      socket.destroy();
      resolve(error === undefined ? undefined : asNetworkError(error));
    };
    socket.once("connect", () => settle(undefined));
    socket.once("error", settle);
    socket.once("timeout", () => settle(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
  });
}

function closedPort({ code, message }: NetworkError, url: string, port: number): Finding {
  if (code === "ECONNREFUSED")
    return fault("address", "port-closed", {
      saw: `Nothing listens on port ${port} of ${url} (${code}).`,
      means:
        "The server is not running, listens on another port, or on 127.0.0.1 alone while this is another machine or a container.",
      mend: [`await socketio.run({ host: "0.0.0.0", port: ${port} });`],
    });
  return fault("address", "port-silent", {
    saw: `Port ${port} gives no answer (${code}: ${printable(message)}).`,
    means: "A firewall drops the packets, or the machine is off.",
  });
}

/** Looks at the certificate, without which browsers connect to nothing. */
export async function checkTlsCertificate({ target }: Examination): Promise<readonly Finding[]> {
  const { isSecure, hostname, port } = target.address;
  if (!isSecure) {
    if (isLocal(hostname)) return [];
    return [
      warning("certificate", "no-tls", {
        saw: "The URL begins with http.",
        means: "Pages that came over https may not connect to it, and anyone on the way can read the events.",
      }),
    ];
  }
  const socket = await handshake(hostname, port, target);
  const { authorizationError, alpnProtocol } = socket;
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  const end = new Date(certificate.valid_to);
  const found: Finding[] = [];
  // Node gives the code as text, whatever its types say.
  const problem = authorizationError ? String(authorizationError) : "";
  if (problem !== "") found.push(certificateFault(problem, hostname, certificate));
  else if (end.getTime() - Date.now() < 14 * day) {
    found.push(
      warning("certificate", "certificate-ends-soon", {
        saw: `The certificate is valid until ${end.toISOString()}.`,
        means: "Clients cannot connect from then on, unless it is renewed.",
      }),
    );
  } else
    found.push(
      fine("certificate", "certificate", `valid for ${hostname} until ${end.toISOString().slice(0, 10)}`),
    );
  if (alpnProtocol === "h2")
    found.push(
      remark("certificate", "http2", {
        saw: "The server offers HTTP/2.",
        means:
          "Browsers poll over it. WebSockets still use HTTP/1.1, unless the server takes them over HTTP/2.",
      }),
    );
  return found;
}

function isLocal(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^(?:127|10|192\.168)\./.test(hostname);
}

function handshake(
  host: string,
  port: number,
  { network, timeout }: Examination["target"],
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host,
      port,
      timeout,
      rejectUnauthorized: false,
      ALPNProtocols: ["h2", "http/1.1"],
      ...(isIP(host) ? {} : { servername: host }),
      ...(network.authorities === undefined ? {} : { ca: network.authorities }),
    });
    const fail = (error: unknown) => {
      socket.destroy();
      reject(new EndOfExamination(noTls(asNetworkError(error), host, port)));
    };
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", fail);
    socket.once("timeout", () => fail(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
  });
}

function noTls({ code, message }: NetworkError, host: string, port: number): Finding {
  const isPlain =
    /wrong version number|packet length too long|http request/i.test(message) || code === "ECONNRESET";
  return fault("certificate", isPlain ? "plain-http" : "tls-failed", {
    saw: `The port does not answer TLS (${code}).`,
    means: isPlain
      ? "It speaks plain HTTP: https in the URL is wrong, or the proxy that should hold the certificate is not in front."
      : `The two sides agree on no way to encrypt: ${printable(message)}`,
    ...(isPlain ? { mend: [`io("http://${host}:${port}")`] } : {}),
  });
}

function certificateFault(
  problem: string,
  hostname: string,
  {
    valid_to: end,
    valid_from: start,
    subjectaltname: names = "",
    subject,
  }: Partial<ReturnType<TLSSocket["getPeerCertificate"]>>,
): Finding {
  const certificateNames = printable(names || String(subject?.CN ?? "none"));
  switch (problem) {
    case "CERT_HAS_EXPIRED":
      return fault("certificate", "certificate-expired", {
        saw: `The certificate was valid until ${end}.`,
        means:
          "Browsers and clients refuse to connect. Its renewal failed, or the server was not reloaded after it.",
        mend: ["certbot renew && nginx -s reload"],
      });
    case "CERT_NOT_YET_VALID":
      return fault("certificate", "certificate-early", {
        saw: `The certificate is valid from ${start} on.`,
        means: "It is too new, or a clock is wrong: that of the server, or of this machine.",
      });
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return fault("certificate", "certificate-name", {
        saw: `The certificate is for ${certificateNames}, not for ${hostname}.`,
        means:
          "Browsers and clients refuse to connect. The proxy answers with the certificate of another site.",
        mend: [`server_name ${hostname};`, "ssl_certificate /path/to/the/certificate/of/this/name.pem;"],
      });
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return fault("certificate", "certificate-untrusted", {
        saw: `The certificate is signed by itself, or by an authority that is not known here (${problem}).`,
        means: "Browsers refuse to connect unless its authority is installed; --ca names it to this program.",
        mend: ['io(url, { ca: readFileSync("authority.pem") }) // clients in Node'],
      });
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return fault("certificate", "certificate-chain", {
        saw: `The server does not send the certificate of the authority in between (${problem}).`,
        means: "Some browsers find it elsewhere; clients in Node, Python and on phones refuse to connect.",
        mend: ["ssl_certificate /path/to/fullchain.pem; # not cert.pem"],
      });
    default:
      return fault("certificate", "certificate-refused", {
        saw: `The certificate is refused: ${printable(problem)}.`,
        means: "Browsers and clients refuse to connect.",
      });
  }
}
