import { useEffect, useState } from "react";
import type { Results } from "../events.ts";
import { socket } from "./socket.ts";

/** Connects while the component is shown. StrictMode runs this twice, so the clean-up undoes all of it. */
function usePoll() {
  const [isConnected, setConnected] = useState(socket.connected);
  const [results, setResults] = useState<Results>({});

  useEffect(() => {
    const onConnect = () => setConnected(true);
    const onDisconnect = () => setConnected(false);
    socket.on("connect", onConnect);
    socket.on("disconnect", onDisconnect);
    socket.on("results", setResults);
    socket.connect();
    return () => {
      socket.off("connect", onConnect);
      socket.off("disconnect", onDisconnect);
      socket.off("results", setResults);
      socket.disconnect();
    };
  }, []);

  return { isConnected, results };
}

export function Poll() {
  const { isConnected, results } = usePoll();
  const [choice, setChoice] = useState<string>();
  const total = Object.values(results).reduce((sum, count) => sum + count, 0);

  async function vote(option: string) {
    if (await socket.emitWithAck("vote", option)) setChoice(option);
  }

  return (
    <>
      <header>
        <h1>What shall we drink?</h1>
        <p id="status" role="status">
          {isConnected ? "Connected" : "Connecting…"}
        </p>
      </header>
      <main className="card">
        {Object.entries(results).map(([option, count]) => (
          <div className="option" key={option}>
            <button
              type="button"
              aria-pressed={option === choice}
              disabled={!isConnected}
              onClick={() => vote(option)}
            >
              {option}
            </button>
            <meter aria-label={option} max={Math.max(1, total)} value={count} />
            <output>{count}</output>
          </div>
        ))}
      </main>
    </>
  );
}
