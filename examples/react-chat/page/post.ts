/** Sends a request. Returns what went wrong, or an empty text. */
export async function post(path: string, body: object = {}): Promise<string> {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.ok ? "" : await response.text();
  } catch {
    return "The server cannot be reached. Try again.";
  }
}
