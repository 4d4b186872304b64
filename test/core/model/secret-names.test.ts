import { describe, expect, it } from "vitest";
import { isSecret, withoutSecrets } from "../../../src/core/model/secret-names.ts";

describe("isSecret()", () => {
  it.each([
    ["authorization", "proxy-authorization", "www-authenticate", "x-auth", "auth", "x-auth-request-user"],
    ["cookie", "set-cookie", "cookie2", "sessionId", "PHPSESSID-session"],
    ["x-api-key", "apiKey", "api_key", "apikey", "key", "X-API-KEY", "x.api.key", "openai-key"],
    [
      "token",
      "access_token",
      "accessToken",
      "id_token",
      "refreshtoken",
      "x-csrf-token",
      "xsrf",
      "cf-access-jwt-assertion",
    ],
    [
      "password",
      "passwd",
      "pwd",
      "pass",
      "client_secret",
      "clientSecret",
      "credentials",
      "signature",
      "sig",
      "otp",
      "code",
    ],
    ["sid", "pid", "ticket", "x-hub-signature-256", "x-amz-security-token", "oauth_verifier", "bearer"],
  ])("knows names that tell of a secret: %s, %s, …", (...names) => {
    for (const name of names) expect([name, isSecret(name, "x")]).toEqual([name, true]);
  });

  it("knows secrets by the form of their value, whatever their name is", () => {
    for (const value of [
      "Bearer abc",
      "bearer abc",
      "Basic abc",
      "Digest a=b",
      "Negotiate abc",
      "eyJhbGciOi.eyJzdWIi.c2ln",
    ]) {
      expect(isSecret("x-own", value)).toBe(true);
    }
  });

  it("leaves what tells no secret", () => {
    for (const name of [
      ...["host", "origin", "referer", "user-agent", "accept-language", "x-forwarded-for", "x-request-id"],
      ...[
        "EIO",
        "transport",
        "t",
        "b64",
        "room",
        "user",
        "name",
        "keyboard",
        "passenger",
        "zip-codes",
        "monkey",
        "",
      ],
    ]) {
      expect([name, isSecret(name, "basket")]).toEqual([name, false]);
    }
    expect(isSecret("plan", "basic")).toBe(false);
  });
});

describe("withoutSecrets()", () => {
  it.each([
    ["/socket.io/", "/socket.io/"],
    ["/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=polling"],
    ["/socket.io/?EIO=4&token=secret&room=a%20b&room=c", "/socket.io/?EIO=4&room=a%20b&room=c"],
    ["/socket.io/?to%6ben=secret&x=%65yJsecret&api+key=secret", "/socket.io/?"],
    ["https://a.example/?page=1&code=secret#access_token=secret", "https://a.example/?page=1"],
    ["/socket.io/?&&a&=b&token", "/socket.io/?&&a&=b"],
    ["Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"],
  ])("of %s leaves %s", (url, told) => {
    expect(withoutSecrets(url)).toBe(told);
  });
});
