/** The method of measurement in words: the part of docs/performance.md that no result changes. */

export const method = `## How it is measured

\`npm run bench -- --all\` measures everything and writes this page and all that quote it; \`npm run bench -- --help\` shows how to
measure less. You can reproduce every number with one command on any machine. Expect about the same ratios, and different absolute
numbers.

- **One run** is one freshly started server in its own process, with the load coming from another process. Where \`taskset\` exists,
  the server has one core to itself and the load has the others.
- **Rounds.** In each round every server has its turn, forwards in odd rounds and backwards in even rounds, so that a machine that
  warms up or gets busy treats all of them alike. Ratios are taken between runs of the same round. The page quotes their median,
  with the lowest and the highest beside it.
- **The work is the same.** All servers have the same handlers (\`bench/servers\`) and get the same bytes, in the same order and
  number: a fixed count of messages after a warm-up of fixed length, during which compilers finish and heaps reach their size.
  Flask-SocketIO gets 4 % of the messages, and of the connections in \`idle\`, because the full count would take too long; \`tail\` is
  more than it can serve. In \`first\` there is no warm-up: it is about a server that has just started. Payloads are 100 bytes of
  text unless a scenario says otherwise. A run fails if it loses a message or delivers one too many.
- **The settings are the defaults** that users get. Handshakes carry the headers of a browser but offer no compression, so no
  server compresses. In the scenarios of compressed messages they offer it, and every server is told to compress. \`ws\` runs
  without its optional native helpers, which npm does not install with it. All programs for Node run on the same Node with the
  same flags, without a TypeScript loader; Roomcast is the built package.
- **CPU time** is what the operating system reports for the server process during the measured messages: user and system time of
  all threads, including garbage collection and the compiler's threads, and excluding start-up and warm-up. It stays accurate when
  something else limits the load.
- **The load generator** (\`bench/load\`) uses bare \`node:net\` sockets past their streams, writes frames that it built beforehand,
  and counts answers by the headers of their frames; it does not read payloads. Where it was still busy for more than 90 % of a
  core, the rate has a dagger.
- **Latency** is that of a closed loop: a connection sends its next message when the last one is answered. Under this load it
  shows how long the queue is, not how a quiet server answers. In \`broadcast\`, \`burst\` and \`rooms\` it is the time from the request
  to each delivery; in \`connect\`, \`first\`, \`churn\` and \`idle\` it is the time of the handshake.
- **Latency in \`tail\`** is that of an open loop. Events fall due at random instants, as from independent users, and the instants are
  the same for every server, whether or not earlier events are answered. Latency counts from the instant, not
  from the writing, so a pause of the server is charged with all events that fell due in it. The rate is half of the median at which
  socket.io on ws serves \`echo\` in the same run. The load generator never rests, so that no timer of its own delays an event. The
  table shows the least and the greatest round beside each median.
- **Memory** is the growth of resident memory from a server that has had and lost 500 connections to one that holds 10 000 more,
  divided by those 10 000. Garbage is collected before both readings. The heap column is the growth of the language's own heap.`;
