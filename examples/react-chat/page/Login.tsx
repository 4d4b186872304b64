import { type FormEvent, useState } from "react";
import { post } from "./post.ts";

/** Asks for name and password. The server's answer sets the cookie. */
export function Login({ notice, onLogin }: { notice: string; onLogin: () => void }) {
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    const path = submitter?.getAttribute("value") ?? "login";
    const fields = Object.fromEntries(new FormData(event.currentTarget));
    setBusy(true);
    setProblem("");
    const text = await post(`/${path}`, fields);
    setBusy(false);
    setProblem(text);
    if (!text) onLogin();
  }

  return (
    <main className="card login">
      <h1>Chat</h1>
      {notice && <p role="status">{notice}</p>}
      <form onSubmit={submit}>
        <label>
          Name
          <input name="name" autoComplete="username" autoCapitalize="none" required maxLength={20} />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autoComplete="current-password"
            required
            minLength={8}
            maxLength={200}
            aria-describedby="password-hint"
          />
        </label>
        <p id="password-hint" className="hint">
          At least 8 characters.
        </p>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="actions">
          <button type="submit" value="login" className="primary" disabled={isBusy}>
            Log in
          </button>
          <button type="submit" value="register" disabled={isBusy}>
            Create account
          </button>
        </div>
      </form>
    </main>
  );
}
