import { expect, it } from "vitest";
import { brokerRefusal, certificateRefusal } from "../../../src/backplane/bus/broker-refusal.ts";

it("says why the broker refuses, and what to do", () => {
  const cause = new Error("NOPERM.");
  const error = brokerRefusal("Redis", "NOPERM.", "Give the user the right to it.", cause);
  expect(error).toMatchObject({
    code: "ERR_MESSAGE_QUEUE",
    message: "Redis refuses this process: NOPERM. Give the user the right to it.",
    cause,
  });
});

it.each([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "NODE_EXTRA_CA_CERTS"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "Use a host name"],
])("finds the certificate's fault %s behind other errors", (code, advice) => {
  const fault = Object.assign(new Error("bad certificate"), { code });
  const error = certificateRefusal("NATS", new Error("no connection", { cause: fault }));
  expect(error?.message).toContain("its certificate is not trusted (bad certificate)");
  expect(error?.message).toContain(advice);
});

it("is none for other errors", () => {
  expect(certificateRefusal("NATS", new Error("no connection"))).toBeNull();
  expect(certificateRefusal("NATS", "no error")).toBeNull();
});
