/** The way to the server: asks for data and sends commands. */

import { pageField, type RefusalAnswer } from "../../api.ts";

/** The server refused a request. */
export class Refused extends Error {
  readonly status: number;
  /** Whether a form for the sign-in helps. */
  readonly hasForm: boolean;

  constructor(status: number, { error, form = false }: RefusalAnswer) {
    super(error);
    this.status = status;
    this.hasForm = form;
  }
}

/** The server does not answer. */
export class Unreachable extends Error {}

/** Asks the server for data. Addresses are relative, so a proxy may serve the page below any path. */
export function ask<Answer>(
  action: string,
  query: Readonly<Record<string, string | number | boolean | null>> = {},
  signal?: AbortSignal,
): Promise<Answer> {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null) parameters.set(name, String(value));
  const text = parameters.toString();
  return send<Answer>(
    `api/${action}${text === "" ? "" : `?${text}`}`,
    signal === undefined ? {} : { signal },
  );
}

/** Sends something to the server. */
export function tell<Answer>(action: string, value: unknown): Promise<Answer> {
  return send<Answer>(`api/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
  });
}

async function send<Answer>(address: string, init: RequestInit): Promise<Answer> {
  const headers = { ...init.headers, [pageField]: "1" };
  let answer: Response;
  try {
    answer = await fetch(address, { ...init, headers, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable("The server does not answer.");
  }
  const value = await answer.json().catch(() => {
    // What stands in front of the server answers in its place.
    throw new Unreachable(`The server does not answer (status ${answer.status}).`);
  });
  if (!answer.ok) throw new Refused(answer.status, value as RefusalAnswer);
  return value as Answer;
}
