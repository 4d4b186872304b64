/** The method of measurement in words: the part of docs/performance.md that no result changes. */

export const method = `## How it is measured

\`npm run bench\` measures everything and writes this page; \`npm run bench -- --help\` tells how to measure less.
Each number can be had again with one command, on any machine: the ratios should be about the same, the absolute
numbers will not.

- **One run** is one server in a process of its own, freshly started, and the load from another process. Where
  \`taskset\` exists the server has one core to itself and the load has the others.
- **Rounds.** In each round every server has its turn, in odd rounds forwards and in even rounds backwards, so that a
  machine that grows warm or busy treats all alike. Ratios are taken between runs of the same round, and their median
  is quoted, with the least and the most beside it.
- **The work is the same.** All servers have the same handlers (\`bench/servers\`), get the same bytes, in the same
  order, and as many: a fixed number of messages after a warm-up of fixed length, in which compilers get done and heaps
  get their size. Flask-SocketIO gets 4 % of the messages, and of the connections in \`idle\`, because all would take too
  long. Payloads are 100 bytes of text unless a scenario says otherwise. A run in which a message is lost, or one too many
  comes, fails.
- **The settings are the defaults** that users get. Handshakes carry the headers of a browser, but offer no
  compression, so no server compresses. \`ws\` runs without its optional native helpers, which npm does not install
  with it. All programs for Node run on the same Node with the same flags, without a TypeScript loader; Roomcast is
  the built package.
- **CPU** is what the operating system says that the server process used during the measured messages, all threads,
  user and system time: the garbage collector's pauses and the compiler's threads included, start and warm-up not. It
  is the honest measure, because it stays true when the load is limited by something else.
- **The load generator** (\`bench/load\`) uses bare \`node:net\` sockets past their streams, writes frames that were
  built before, and counts answers by the headers of their frames; payloads are not read. Where it was busy for more than 90 % of a core
  all the same, the rate has a dagger.
- **Latency** is that of a closed loop: the next message of a connection is sent when the last one is answered, so
  under this load it says how long the queue is, not how a quiet server answers. In \`broadcast\`, \`burst\` and
  \`rooms\` it is the time from the request to each delivery; in \`connect\`, \`churn\` and \`idle\` that of the
  handshake.
- **Memory** is how much resident memory grows from a server that has had 500 connections, and lost them, to one that
  holds 10 000 more, divided by these. The garbage is collected before both readings. The heap is what the language's
  own heap grew by.`;
