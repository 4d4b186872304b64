import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { Ajv } from "ajv";
import { type as ark } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type AsyncApiDocument, asyncapi, type JsonObject } from "../../src/contract/asyncapi-document.ts";
import { contract } from "../../src/contract/contract.ts";
import { event } from "../../src/contract/event-definition.ts";
import { type } from "../../src/contract/plain-type.ts";

const info = { title: "Chat", version: "1.0.0" };

const tree = z.object({
  name: z.string(),
  get children() {
    return z.array(tree);
  },
});

const chat = contract({
  client: {
    say: event(z.object({ text: z.string().max(500), at: z.string().transform(Number) }), {
      answer: z.literal("delivered"),
      errors: { muted: z.object({ until: z.number() }), full: type() },
    }),
    move: event([ark("number"), toStandardJsonSchema(v.number())]),
    "plant/tree": event(tree),
    upload: event([type<Uint8Array>(), z.instanceof(Uint8Array), v.string(), z.bigint()]),
    ping: event(),
  },
  server: {
    said: event(z.object({ text: z.string() })),
    ask: event(z.string(), { answer: [z.number(), z.string()] }),
  },
  errors: { unauthorized: type() },
  auth: z.object({ token: z.string() }),
});

/** Follows a reference; fails where it leads nowhere. */
function resolve(document: AsyncApiDocument, reference: string): unknown {
  expect(reference).toMatch(/^#/);
  return decodeURIComponent(reference.slice(1))
    .split("/")
    .slice(1)
    .reduce<unknown>((value, key) => {
      const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
      expect(value, reference).toHaveProperty([name]);
      return (value as JsonObject)[name];
    }, document);
}

function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === "$ref" && typeof part === "string" ? [part] : references(part),
  );
}

describe("asyncapi()", () => {
  const document = asyncapi(chat, { ...info, servers: { main: { host: "example.com", protocol: "wss" } } });
  const { messages } = document.channels.root as { messages: Record<string, JsonObject> };

  it("says what the API is", () => {
    expect(document).toMatchObject({
      asyncapi: "3.0.0",
      info,
      servers: { main: { host: "example.com", protocol: "wss" } },
      channels: { root: { address: "/", "x-auth": { type: "object", required: ["token"] } } },
    });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it("describes values as they are on their way, with any library", () => {
    expect(messages["client.say"]).toMatchObject({
      name: "say",
      "x-arguments": 1,
      payload: {
        type: "object",
        properties: { text: { type: "string", maxLength: 500 }, at: { type: "string" } },
        required: ["text", "at"],
      },
    });
    expect(messages["client.move"]).toMatchObject({
      "x-arguments": 2,
      payload: { type: "array", items: [{ type: "number" }, { type: "number" }], additionalItems: false },
    });
    expect(messages["client.ping"]).toMatchObject({ payload: { type: "array", maxItems: 0 } });
    expect(JSON.stringify(document)).not.toContain("$schema");
  });

  it("leaves open what JSON Schema has no words for, and says so", () => {
    expect(messages["client.upload"]?.payload).toMatchObject({
      items: [
        {},
        {},
        { description: "The schema, of valibot, does not describe itself as JSON Schema." },
        {},
      ],
    });
    const describe = () => {
      throw new Error("no words");
    };
    const odd = { ...type()["~standard"], jsonSchema: { input: describe, output: describe } };
    const strange = contract({ client: { at: event({ "~standard": odd }) } });
    expect(JSON.stringify(asyncapi(strange, info))).toContain(
      "JSON Schema cannot describe these values: no words",
    );
  });

  it("has acknowledgements and errors as replies", () => {
    expect(document.operations["client.say"]).toEqual({
      action: "receive",
      channel: { $ref: "#/channels/root" },
      messages: [{ $ref: "#/channels/root/messages/client.say" }],
      reply: {
        channel: { $ref: "#/channels/root" },
        messages: [
          { $ref: "#/channels/root/messages/client.say.answer" },
          { $ref: "#/channels/root/messages/client.say.error" },
        ],
      },
    });
    expect(messages["client.say.answer"]).toMatchObject({ payload: { const: "delivered" } });
    const like = (properties: object) =>
      expect.objectContaining({ properties: expect.objectContaining(properties) });
    expect(messages["client.say.error"]).toHaveProperty("payload.properties.error.oneOf", [
      like({ code: { enum: expect.arrayContaining(["ERR_INVALID_EVENT"]) } }),
      like({ code: { const: "unauthorized" } }),
      like({
        code: { const: "muted" },
        data: expect.objectContaining({ type: "object", required: ["until"] }),
      }),
      like({ code: { const: "full" } }),
    ]);
    expect(document.operations["server.said"]).not.toHaveProperty("reply");
    expect(document.operations["server.ask"]).toMatchObject({ action: "send", reply: { messages: [{}] } });
  });

  it("is valid by the schema of AsyncAPI", () => {
    const path = createRequire(import.meta.url).resolve("@asyncapi/specs/schemas/3.0.0.json");
    const ajv = new Ajv({
      meta: false,
      strict: false,
      validateSchema: false,
      validateFormats: false,
      logger: false,
    });
    const isValid = ajv.compile(JSON.parse(readFileSync(path, "utf8")));
    isValid(document);
    expect(isValid.errors).toBeNull();
    isValid({ ...document, operations: { say: { action: "shout" } } });
    expect(isValid.errors).not.toBeNull();
  });

  it("has references that lead to where they should", () => {
    const all = references(document);
    expect(all.length).toBeGreaterThan(20);
    for (const reference of all) resolve(document, reference);
    const payload = messages["client.plant/tree"]?.payload as JsonObject;
    const [own = ""] = references(payload);
    expect(resolve(document, own)).toMatchObject({ properties: { name: { type: "string" } } });
  });

  it("has a channel for each namespace", () => {
    const both = asyncapi({ "/": chat, "/game": contract({ client: { say: event() } }) }, info);
    expect(Object.keys(both.channels)).toEqual(["root", "game"]);
    expect(both.operations["game.client.say"]).toMatchObject({ channel: { $ref: "#/channels/game" } });
    for (const reference of references(both)) resolve(both, reference);
  });

  it("gives no two things one key, whatever the names of events and namespaces", () => {
    const named = (events: readonly string[]) =>
      contract({
        client: Object.fromEntries(
          events.map((name) => [name, event(z.literal(name), { answer: z.literal(name) })]),
        ),
      });
    const events = ["say", "say.answer", "say.error", "say%2Eanswer", "client.x", "x", "say.answer.answer"];
    const namespaces = [
      "/",
      "/root",
      "/client",
      "/server",
      "/a",
      "/a.client",
      "/a%2Eclient",
      "/%72oot",
      "/__proto__",
    ];
    const all = asyncapi(Object.fromEntries(namespaces.map((name) => [name, named(events)])), info);
    const channels = Object.values(all.channels) as { address: string; messages: JsonObject }[];
    expect(channels.map(({ address }) => address)).toEqual(namespaces);
    for (const { messages } of channels) expect(Object.keys(messages)).toHaveLength(3 * events.length);
    const operations = Object.values(all.operations) as {
      channel: { $ref: string };
      messages: [{ $ref: string }];
      reply: { messages: [{ $ref: string }] };
    }[];
    const found = operations.map(({ channel, messages: [message], reply }) => {
      const { name, payload } = resolve(all, message.$ref) as JsonObject;
      expect([payload, resolve(all, reply.messages[0].$ref)]).toMatchObject([
        { const: name },
        { payload: { const: name } },
      ]);
      return `${(resolve(all, channel.$ref) as JsonObject).address} ${name}`;
    });
    expect(found.sort()).toEqual(
      namespaces.flatMap((name) => events.map((each) => `${name} ${each}`)).sort(),
    );
  });

  it("lets a contract describe one of Roomcast's own errors", () => {
    const own = contract({ client: { say: event() }, errors: { ERR_HANDLER_FAILED: z.string() } });
    const { root } = asyncapi(own, info).channels as { root: { messages: Record<string, JsonObject> } };
    const { payload } = root.messages["client.say.error"] as { payload: object };
    const fits = new Ajv().compile(payload);
    const error = { message: "No.", data: "text" };
    expect(fits({ error: { ...error, code: "ERR_HANDLER_FAILED" } })).toBe(true);
    expect(fits({ error: { ...error, code: "ERR_HANDLER_FAILED", data: 5 } })).toBe(false);
    expect(fits({ error: { ...error, code: "ERR_NO_HANDLER" } })).toBe(true);
  });

  it.each<[string, () => unknown, string]>([
    ["without a title", () => asyncapi(chat, { version: "1" } as never), "ERR_OPTION"],
    ["without an info", () => asyncapi(chat, undefined as never), "ERR_OPTION"],
    ["of no contract", () => asyncapi({ "/": {} } as never, info), "ERR_CONTRACT"],
    ["of a namespace without its slash", () => asyncapi({ chat }, info), "ERR_CONTRACT"],
  ])("is an error %s", (_what, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});
