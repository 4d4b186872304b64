/**
 * Tells which parts of a request may hold a secret, with which another program could pass for the client.
 *
 * No other process gets these parts. The rule goes by names, and by two forms of values:
 *
 * - a name that contains one of the words of {@link secretParts};
 * - a name of which one of {@link secretWords} is a whole word: `key` in `x-api-key`, `apiKey` and `api_key`,
 *   but not in `keyboard`;
 * - a value that begins with a scheme of `Authorization`, or with `eyJ`, as every JSON Web Token does.
 */

/** In lower case; separators within a name are ignored. */
const secretParts =
  /token|secret|passw|passphrase|credential|cookie|session|signature|assertion|jwt|bearer|csrf|xsrf|apikey|oauth|authoriz|authentic/;

const secretWords: ReadonlySet<string> = new Set([
  "auth",
  "code",
  "hmac",
  "key",
  "keys",
  "otp",
  "pass",
  "pid",
  "pin",
  "pwd",
  "sid",
  "sig",
  "ticket",
]);

const scheme = /^(?:bearer|basic|digest|negotiate)\s/i;

/** Whether a header field or a parameter of a query may hold a secret. */
export function isSecret(name: string, value: string): boolean {
  return scheme.test(value) || value.startsWith("eyJ") || isSecretName(name);
}

function isSecretName(name: string): boolean {
  // A capital after a small letter begins a word.
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z\d]/);
  return secretParts.test(words.join("")) || words.some((word) => secretWords.has(word));
}

/** Removes the fragment, and parameters that may hold secrets, from a URL or a text that contains one. */
export function withoutSecrets(url: string): string {
  const mark = url.indexOf("?");
  if (mark === -1) return url;
  const end = url.indexOf("#", mark);
  const query = url.slice(mark + 1, end === -1 ? url.length : end);
  const told = query.split("&").filter((parameter) => !holdsSecret(parameter));
  return url.slice(0, mark + 1) + told.join("&");
}

function holdsSecret(parameter: string): boolean {
  for (const [name, value] of new URLSearchParams(parameter)) if (isSecret(name, value)) return true;
  return false;
}
