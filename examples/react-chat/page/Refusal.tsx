import { useEffect, useState } from "react";
import type { CallError } from "roomcast/client";
import type { chat } from "../contract.ts";

/** Says that the server takes no more messages for a while. The contract says what comes with each error. */
export function Refusal({ error }: { error: CallError<typeof chat, "say"> | undefined }) {
  return error?.code === "muted" ? <Muted until={error.data.until} /> : null;
}

/** Counts down until one may write again. */
function Muted({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [until]);
  const seconds = Math.ceil((until - now) / 1_000);
  if (seconds <= 0) return null;
  return (
    <p className="problem">
      <span role="alert">You write too fast.</span> You may write again in {seconds} s.
    </p>
  );
}
