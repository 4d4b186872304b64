/** All commands: their words, and where their programs are. It is loaded at each start, and loads nothing. */

import type { CommandSpec } from "./command.ts";
import { connectionFlags, requestFlags } from "./session/connection-flags.ts";

/** The commands, as the help lists them. */
export const commands: readonly CommandSpec[] = [
  {
    name: "connect",
    values: "<url>",
    summary: "talks to a server: shows what comes, and sends what you type",
    details: [
      'Lines are commands such as `emit say {"text":"hi"}`; `help` lists them. They may come through a pipe: each then waits for its answer, and the exit code is that of the first failure.',
    ],
    flags: [
      { flag: "--record <file>", text: "writes everything that happens to a file, as lines of JSON" },
      { flag: "--for <duration>", text: "leaves after this time" },
      { flag: "--no-history", text: "neither reads nor stores the lines of earlier prompts" },
      ...connectionFlags,
    ],
    examples: [
      { line: "roomcast connect http://localhost:5000", text: "a prompt, until `exit` or Ctrl-C" },
      {
        line: "roomcast connect http://localhost:5000/chat --for 1s --json",
        text: "everything that happens in the namespace /chat within a second, as JSON",
      },
    ],
    load: async () => (await import("./commands/connect.ts")).connectCommand,
  },
  {
    name: "emit",
    values: "<url> <event> [...values]",
    summary: "sends one event, and leaves",
    details: [
      "A value is JSON, or text where it is none. @photo.png sends the bytes of a file, and @@ada the text @ada.",
    ],
    flags: connectionFlags,
    examples: [
      {
        line: `roomcast emit http://localhost:5000 say '{"text":"hi"}'`,
        text: "one event with one value",
      },
      {
        line: `roomcast emit http://localhost:5000/private say hello --auth '{"token":"secret"}'`,
        text: "in the namespace /private, which wants a token",
      },
    ],
    load: async () => (await import("./commands/emit.ts")).emitCommand,
  },
  {
    name: "call",
    values: "<url> <event> [...values]",
    summary: "sends one event, and prints what the server answers",
    details: [
      "The answer is printed as JSON: a single value as it is, several as a list. The exit code is 1 when a server of Roomcast answers that the event failed, or has no handler.",
    ],
    flags: connectionFlags,
    examples: [
      { line: `roomcast call http://localhost:5000 say '{"text":"hi"}'`, text: "prints the acknowledgement" },
      {
        line: "roomcast call http://localhost:5000 say 1 two --json --timeout 2s",
        text: "waits two seconds at most, and prints values and time as a line of JSON",
      },
    ],
    load: async () => (await import("./commands/call.ts")).callCommand,
  },
  {
    name: "listen",
    values: "<url> [...events]",
    summary: "prints the events that come: all, or those that are named",
    details: ["It connects again when the connection ends, and says why. Ctrl-C ends it."],
    flags: [
      { flag: "--count <number>", text: "ends after so many events" },
      { flag: "--for <duration>", text: "ends after this time (default 10m); 124 if --count is not reached" },
      { flag: "--rate", text: "counts the events by name, a line each second" },
      { flag: "--emit <event>", text: 'sends an event first, as in \'join {"room":"tea"}\'; several times' },
      ...connectionFlags,
    ],
    examples: [
      {
        line: "roomcast listen http://localhost:5000 number --emit 'count 3' --count 3",
        text: "sends `count` with the value 3, and prints three events `number`",
      },
      {
        line: "roomcast listen http://localhost:5000 --rate --for 1s",
        text: "counts all events for a second",
      },
    ],
    load: async () => (await import("./commands/listen.ts")).listenCommand,
  },
  {
    name: "load",
    values: "<url>",
    summary: "puts a server under load, and measures how long events and answers take",
    details: [
      "{{mark}} in --data stands for a text by which an event is known when it comes back, and {{client}} for the number of its sender. Times count from when an event was due, so a server that falls behind shows.",
    ],
    flags: [
      { flag: "--clients <number>", text: "how many (default 100)" },
      { flag: "--ramp <duration>", text: "brings them in over this time (default 1s for each 1000)" },
      { flag: "--for <duration>", text: "sends, or waits, for this time (default 10s)" },
      { flag: "--event <name>", text: "the event to send; without it, clients only connect" },
      { flag: "--data <value>", text: "its values, as for emit (default {{mark}}); several times" },
      { flag: "--rate <number>", text: "events a second, of all clients together (default 10)" },
      { flag: "--call", text: "wants an answer to each event" },
      { flag: "--expect <number>", text: "how many clients get each event, to count the lost ones" },
      { flag: "--emit <event>", text: 'each client sends it first, as in \'join {"room":"r{{client}}"}\'' },
      { flag: "--scenario <file>", text: "a module that says what each client does, in place of --event" },
      { flag: "--html <file>", text: "writes a report with charts: one file, for any browser" },
      { flag: "--seed <number>", text: "for the random numbers of a scenario (default 1)" },
      {
        flag: "--fail-if <condition>",
        text: 'ends with 1, as for "p99 > 200ms" or "lost > 0"; several times',
      },
      ...connectionFlags.map((spec) =>
        spec.flag.startsWith("--transport")
          ? { ...spec, text: "websocket (default), polling, or auto (polling, then WebSocket)" }
          : spec,
      ),
    ],
    examples: [
      {
        line: "roomcast load http://localhost:5000 --clients 20 --ramp 100ms --for 1s --event say --call",
        text: "twenty clients call `say` ten times a second",
      },
      {
        line: `roomcast load http://localhost:5000 --clients 5 --ramp 100ms --for 1s --event say --data '{"text":"{{mark}}"}' --expect 1 --fail-if 'p99 > 5s'`,
        text: "for CI: fails when events are late",
      },
    ],
    load: async () => (await import("./commands/load.ts")).loadCommand,
  },
  {
    name: "top",
    values: "<url>",
    summary: "shows live what a server of Roomcast does: servers, namespaces, events, slow clients",
    details: [
      "It reads the server's dashboard: the path of the URL is that of the dashboard, /roomcast where there is none. Name and password may come from the variables ROOMCAST_DASHBOARD_USER and ROOMCAST_DASHBOARD_PASSWORD; at a terminal it asks for them.",
      "Keys: 0 to 4 choose a table, ← and → the column that it is sorted by, r reverses, arrows scroll, space pauses, q quits. Through a pipe it prints tables, for ten minutes at most.",
    ],
    flags: [
      { flag: "--user <name>", text: "signs in with this name" },
      { flag: "--password <text>", text: "and this password; @file reads it from a file" },
      { flag: "--once", text: "prints one reading, with the rates of a second, and ends" },
      { flag: "--count <number>", text: "prints so many readings, and ends" },
      { flag: "--interval <duration>", text: "between readings (default 2s)" },
      { flag: "--for <duration>", text: "ends after this time; through a pipe the default is 10m" },
      { flag: "--view <name>", text: "all (default), servers, namespaces, events or clients" },
      {
        flag: "--sort <column>",
        text: "by a column of that table, or of the events; -rate for the smallest first",
      },
      { flag: "--rows <number>", text: "the most rows of a table through a pipe (default 10)" },
      ...requestFlags,
    ],
    examples: [
      {
        line: "roomcast top http://localhost:5000 --user ops --password @password.txt --once",
        text: "prints the tables once",
      },
      {
        line: "roomcast top http://localhost:5000 --user ops --password @password.txt --view events --sort p99 --count 1 --json",
        text: "one reading as a line of JSON",
      },
    ],
    load: async () => (await import("./commands/top.ts")).topCommand,
  },
  {
    name: "init",
    values: "[folder]",
    summary: "writes a new project, which starts at once and has a test",
    details: [
      "At a terminal it asks for the template; elsewhere the default is express. The folder must be new, or empty.",
    ],
    flags: [
      { flag: "--template <name>", text: "plain, express, hono, fastify or react (React and Vite)" },
      { flag: "--install", text: "runs npm install there" },
      {
        flag: "--roomcast <spec>",
        text: "what the project installs as roomcast, such as ../roomcast-0.1.0.tgz",
      },
    ],
    examples: [
      { line: "roomcast init chat", text: "a project in the new folder chat" },
      { line: "roomcast init poll --template react", text: "with a page that is made with React" },
    ],
    load: async () => (await import("./commands/init.ts")).initCommand,
  },
  {
    name: "dev",
    values: "[file] [...values]",
    summary: "runs a server, starts it again when its programs change, and gives it a dashboard",
    details: [
      "Without a file it looks for server.ts, server.js and the like. TypeScript needs tsx, or a Node that runs it. The dashboard is that of socketio.run(), with a password for this run; a program with a dashboard of its own keeps it. Ctrl-C ends it.",
    ],
    flags: [{ flag: "--no-dashboard", text: "runs the program as it is" }],
    examples: [
      { line: "roomcast dev server.ts", text: "runs server.ts, and restarts it" },
      { line: "roomcast dev server.ts --no-dashboard", text: "the same without a dashboard" },
    ],
    load: async () => (await import("./commands/dev.ts")).devCommand,
  },
  {
    name: "contract",
    values: "<check or asyncapi> <module> [other]",
    summary: "compares two contracts, or describes one as an AsyncAPI document",
    details: [
      "asyncapi prints the document of the contract that a module exports. check compares the contract that clients know with the one that a server will have: each is a module, or a document that asyncapi wrote. It ends with 1 where a change breaks clients.",
      "TypeScript needs tsx, or a Node that runs it.",
    ],
    flags: [
      { flag: "--export <name>", text: "which contract, where a module exports several" },
      { flag: "--title <text>", text: "the title of the document (default: the name of the package)" },
      { flag: "--version <text>", text: "the version of the API (default: that of the package)" },
      { flag: "--out <file>", text: "writes the document to a file" },
      { flag: "--lenient", text: "check passes where it cannot tell whether a change breaks clients" },
    ],
    examples: [
      {
        line: "roomcast contract asyncapi contract.ts --out asyncapi.json",
        text: "writes the document, to be kept in the repository",
      },
      {
        line: "roomcast contract check asyncapi.json contract.ts",
        text: "for CI: fails when the contract no longer fits the clients that know the document",
      },
    ],
    load: async () => (await import("./commands/contract.ts")).contractCommand,
  },
  {
    name: "migrate",
    values: "<folder>",
    summary: "lists what a program uses of Socket.IO or Flask-SocketIO, and what each becomes",
    details: [
      "It reads JavaScript and TypeScript with TypeScript's parser, which the project has, or you install, and Python by itself.",
      "--bridge shows changed imports, with which a program of Socket.IO runs on Roomcast as it is. It writes after a yes at the terminal, or with --write, and only where git has all changes.",
    ],
    flags: [
      {
        flag: "--bridge",
        text: "shows the imports from roomcast/socket.io in place of socket.io, as a diff",
      },
      { flag: "--write", text: "writes the files of that diff" },
      { flag: "--force", text: "also where git could not bring them back" },
    ],
    examples: [
      { line: "roomcast migrate .", text: "the report on the project in this folder" },
      { line: "roomcast migrate . --bridge", text: "the changes for the bridge, not written" },
    ],
    load: async () => (await import("./commands/migrate.ts")).migrateCommand,
  },
  {
    name: "doctor",
    values: "<url or folder>",
    summary: "looks for what keeps clients from a server, or for what does not fit in a project",
    details: [
      "It goes from the name of the machine to the namespace, and gives the lines that mend what it finds. --origin asks as a page of that origin does.",
    ],
    flags: [
      { flag: "--patient", text: "waits through one heartbeat, to find proxies that end quiet connections" },
      ...connectionFlags,
    ],
    examples: [
      {
        line: "roomcast doctor http://localhost:5000",
        text: "looks at a server, and at the proxies in front of it",
      },
      { line: "roomcast doctor .", text: "looks at the project in this folder" },
    ],
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
];
