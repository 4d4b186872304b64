import { describe, expect, it } from "vitest";
import { httpErrorResponse, httpErrors } from "../../../src/engine/request/http-error.ts";

describe("httpErrorResponse", () => {
  it.each([
    ["unknownTransport", 400, 0, "Transport unknown"],
    ["unknownSession", 400, 1, "Session ID unknown"],
    ["badHandshakeMethod", 400, 2, "Bad handshake method"],
    ["badRequest", 400, 3, "Bad request"],
    ["forbidden", 403, 4, "Forbidden"],
    ["unsupportedVersion", 400, 5, "Unsupported protocol version"],
  ] as const)("says %s in the words that Engine.IO's clients know", (name, status, code, message) => {
    const response = httpErrorResponse(httpErrors[name]);
    expect(response.status).toBe(status);
    expect(JSON.parse(String(response.body))).toEqual({ code, message });
    expect(response.headers).toEqual({
      "content-type": "application/json; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
  });

  it("gives each refusal a text of its own", () => {
    const messages = Object.values(httpErrors).map(({ message }) => message);
    expect(new Set(messages).size).toBe(messages.length);
  });

  it("adds the header fields that it is given", () => {
    expect(httpErrorResponse(httpErrors.forbidden, { vary: "Origin" }).headers.vary).toBe("Origin");
  });

  it("ends the network connection where a body is left unread", () => {
    expect(httpErrorResponse(httpErrors.payloadTooLarge).headers.connection).toBe("close");
  });
});
