/** Events that a test waits for. */

interface ExpectedEvent {
  readonly namespace: string;
  readonly event: string;
  resolve(args: readonly unknown[]): void;
  reject(error: Error): void;
}

/** An event that a test waits for. */
export interface Expectation {
  /** Resolves to its arguments; rejects when the client leaves the namespace first. */
  readonly came: Promise<readonly unknown[]>;
  /** Ends the wait. */
  forget(): void;
}

/** The events that one test client waits for. */
export class ExpectedEvents {
  readonly #expected = new Set<ExpectedEvent>();

  /** Waits for the next event of a name. */
  expect(namespace: string, event: string): Expectation {
    let forget = () => {};
    const came = new Promise<readonly unknown[]>((resolve, reject) => {
      const expected = { namespace, event, resolve, reject };
      this.#expected.add(expected);
      forget = () => void this.#expected.delete(expected);
    });
    return { came, forget };
  }

  /** An event has come. */
  hear(namespace: string, event: string, args: readonly unknown[]): void {
    for (const expected of this.#expected)
      if (expected.event === event && expected.namespace === namespace) expected.resolve(args);
  }

  /** The client has left a namespace. */
  end(namespace: string, error: Error): void {
    for (const expected of this.#expected) if (expected.namespace === namespace) expected.reject(error);
  }
}
