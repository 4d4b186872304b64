/** The lines of a person or of a pipe, and the lines that are printed above the one being typed. */

import { clearLine, createInterface, cursorTo, type Interface } from "node:readline";
import type { Terminal } from "../terminal.ts";
import { completeLine, type SeenNames } from "./prompt-completion.ts";
import type { PromptHistory } from "./prompt-history.ts";

/** What a prompt has. */
export interface PromptParts {
  readonly terminal: Terminal;
  readonly history: PromptHistory;
  readonly seen: SeenNames;
  /** What stands in front of the line. */
  readonly label: () => string;
}

/** A prompt. */
export class Prompt {
  readonly #terminal: Terminal;
  readonly #label: () => string;
  readonly #interface: Interface;
  #isClosed = false;

  constructor({ terminal, history, seen, label }: PromptParts) {
    this.#terminal = terminal;
    this.#label = label;
    this.#interface = createInterface({
      input: terminal.input,
      ...(terminal.isInteractive ? { output: terminal.output } : {}),
      terminal: terminal.isInteractive,
      history: [...history.lines],
      historySize: 500,
      removeHistoryDuplicates: true,
      completer: (line: string) => completeLine(line, seen),
    });
    let kept: readonly string[] = history.lines;
    this.#interface.on("history", (lines: readonly string[]) => {
      kept = [...lines];
    });
    // Ctrl-C ends the prompt as Ctrl-D does.
    this.#interface.on("SIGINT", () => this.#interface.close());
    this.#interface.once("close", () => {
      this.#isClosed = true;
      if (!terminal.isInteractive) return;
      history.store(kept);
      terminal.output.write("\n");
    });
  }

  /** The lines until the end of input. */
  async *lines(): AsyncGenerator<string> {
    this.#show();
    for await (const line of this.#interface) {
      yield line;
      this.#show();
    }
  }

  /** Prints a line above the one that is being typed. */
  print(line: string): void {
    if (!this.#terminal.isInteractive || this.#isClosed) {
      this.#terminal.print(line);
      return;
    }
    cursorTo(this.#terminal.output, 0);
    clearLine(this.#terminal.output, 0);
    this.#terminal.print(line);
    this.#show();
  }

  /** Ends the input. */
  close(): void {
    this.#interface.close();
  }

  #show(): void {
    if (!this.#terminal.isInteractive || this.#isClosed) return;
    this.#interface.setPrompt(this.#label());
    this.#interface.prompt(true);
  }
}
