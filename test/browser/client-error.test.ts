import { ClientError } from "roomcast/client";
import { expect, it } from "vitest";

it("ClientError carries a code and what the server sent", () => {
  const error = new ClientError("muted", "You are muted.", { until: 5 });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "ClientError",
    code: "muted",
    message: "You are muted.",
    data: { until: 5 },
  });
});
