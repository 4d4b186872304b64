import { describe, expect, it } from "vitest";
import { checkOptions } from "../../src/base/options.ts";
import { callAllOptions, callOptions, emitOptions } from "../../src/context/emit-options.ts";
import {
  checkTargets,
  nameHint,
  oneClientOptions,
  type TargetOptions,
  targetOf as targetOfOptions,
  targetOptions,
} from "../../src/context/target-options.ts";
import { Socket, type SocketOwner } from "../../src/core/socket/socket.ts";
import { FakeClient } from "../core/lone-socket.ts";

/** Ada is in two namespaces: with the sid `ada` in `/`, with `ada-chat` in `/chat`. */
function ada(): Socket {
  const client: SocketOwner = Object.assign(new FakeClient(), {
    socketIn: (name: string) => ({ "/": main, "/chat": chat })[name],
  });
  const main = new Socket("ada", "/", client, undefined);
  const chat = new Socket("ada-chat", "/chat", client, undefined);
  return main;
}

/** Does what a function does with its options: checks them, then finds the clients that they mean. */
function targetOf(options: TargetOptions, namespace: string, origin: Socket | null, everyone: boolean) {
  checkOptions(targetOptions, options, "emit()");
  return targetOfOptions("emit()", options, namespace, origin, everyone);
}

type Row = [options: TargetOptions, rooms: string[] | null, skip?: string[]];

/** The target of an event of Ada's handler, as in Flask-SocketIO. */
const fromHandler: Row[] = [
  [{}, ["ada"]],
  [{ broadcast: false }, ["ada"]],
  [{ broadcast: true }, null],
  [{ broadcast: true, includeSelf: true }, null],
  [{ broadcast: true, includeSelf: false }, null, ["ada"]],
  [{ includeSelf: false }, ["ada"], ["ada"]],
  [{ to: "kitchen" }, ["kitchen"]],
  [{ to: "kitchen", broadcast: true }, ["kitchen"]],
  [{ to: "kitchen", includeSelf: false }, ["kitchen"], ["ada"]],
  [{ to: ["kitchen", "bob"] }, ["kitchen", "bob"]],
  [{ to: [] }, []],
  [{ sid: "bob" }, ["bob"]],
  [{ sid: "bob", includeSelf: false }, ["bob"], ["ada"]],
  [{ to: "kitchen", skipSid: "bob" }, ["kitchen"], ["bob"]],
  [{ to: "kitchen", skipSid: ["bob", "cem"] }, ["kitchen"], ["bob", "cem"]],
  [{ to: "kitchen", skipSid: "bob", includeSelf: false }, ["kitchen"], ["bob", "ada"]],
  [{ to: "kitchen", except: "attic" }, ["kitchen"], ["attic"]],
  [{ broadcast: true, except: ["attic", "bob"], includeSelf: false }, null, ["attic", "bob", "ada"]],
  [{ broadcast: true, except: "attic", skipSid: "bob" }, null, ["attic", "bob"]],
  [{ broadcast: true, except: [] }, null, []],
  [{ broadcast: true, skipSid: "bob" }, null, ["bob"]],
  [{ broadcast: true, skipSid: [] }, null, []],
];

/** The same in other namespaces, where the client has another sid or none. */
const elsewhere: Row[] = [
  [{ namespace: "/chat" }, ["ada-chat"]],
  [{ namespace: "/chat", broadcast: true }, null],
  [{ namespace: "/chat", broadcast: true, includeSelf: false }, null, ["ada-chat"]],
  [{ namespace: "/chat", to: "kitchen" }, ["kitchen"]],
  [{ namespace: "/chat", to: "kitchen", includeSelf: false }, ["kitchen"], ["ada-chat"]],
  [{ namespace: "/attic" }, []],
  [{ namespace: "/attic", includeSelf: false }, []],
  [{ namespace: "/attic", broadcast: true, includeSelf: false }, null],
];

/** The target of an event outside of handlers. */
const fromAnywhere: Row[] = [
  [{}, null],
  [{ broadcast: true }, null],
  [{ includeSelf: false }, null],
  [{ to: "kitchen" }, ["kitchen"]],
  [{ to: ["kitchen", "bob"], skipSid: "cem" }, ["kitchen", "bob"], ["cem"]],
  [{ skipSid: ["bob"] }, null, ["bob"]],
  [{ namespace: "/chat" }, null],
];

/** The clients that options mean in a handler of `origin`. */
function fromHandlerOf(origin: Socket, options: TargetOptions) {
  return plain(targetOf(options, options.namespace ?? origin.namespace, origin, false));
}

/** A target in short: a single client looks like a room. */
function plain({ namespace, sid, rooms, skip }: ReturnType<typeof targetOf>) {
  return { namespace, rooms: sid === null ? rooms : [sid], skip };
}

describe("targetOf()", () => {
  it.each([...fromHandler, ...elsewhere])(
    "sends %j of a handler to %j without %j",
    (options, rooms, skip) => {
      expect(fromHandlerOf(ada(), options)).toEqual({
        namespace: options.namespace ?? "/",
        rooms,
        skip: skip ?? null,
      });
    },
  );

  it.each(fromAnywhere)("sends %j from anywhere to %j without %j", (options, rooms, skip) => {
    expect(plain(targetOf(options, options.namespace ?? "/", null, true))).toEqual({
      namespace: options.namespace ?? "/",
      rooms,
      skip: skip ?? null,
    });
  });

  it("takes the namespace of the handler where none is given", () => {
    const chat = ada().client.socketIn("/chat") as Socket;
    expect(fromHandlerOf(chat, {})).toEqual({ namespace: "/chat", rooms: ["ada-chat"], skip: null });
    expect(fromHandlerOf(chat, { namespace: "/" })).toEqual({ namespace: "/", rooms: ["ada"], skip: null });
  });

  it("changes no list that it is given", () => {
    const skipSid = Object.freeze(["bob"]);
    const except = Object.freeze(["attic"]);
    fromHandlerOf(ada(), { broadcast: true, except, skipSid, includeSelf: false });
    expect([except, skipSid]).toEqual([["attic"], ["bob"]]);
  });
});

describe("what a client chose as a room", () => {
  it.each([[null], [5], [{}], [""], [["kitchen", null]], [[5]]])(
    "is refused unless it is a name: %j",
    (to) => {
      const options = { to } as unknown as TargetOptions;
      expect(() => fromHandlerOf(ada(), options)).toThrow(expect.objectContaining({ code: "ERR_ROOM" }));
      expect(() => targetOf({ ...options, broadcast: true }, "/", null, true)).toThrow('"to"');
    },
  );

  it("is refused for clients that are left out, too", () => {
    expect(() => fromHandlerOf(ada(), { skipSid: null } as unknown as TargetOptions)).toThrow('"skipSid"');
  });

  it.each([[null], [5], [""], [["bob"]]])("is refused as a sid unless it is one: %j", (sid) => {
    const options = { sid } as unknown as TargetOptions;
    expect(() => fromHandlerOf(ada(), options)).toThrow('"sid"');
  });

  it.each(["to", "sid", "except", "skipSid", "namespace"])(
    "is refused where %s is undefined by mistake",
    (name) => {
      const options = { broadcast: true, [name]: undefined } as unknown as TargetOptions;
      expect(() => fromHandlerOf(ada(), options)).toThrow(
        expect.objectContaining({
          code: "ERR_OPTION",
          message: expect.stringContaining(`The option "${name}" of emit() is undefined.`),
        }),
      );
    },
  );
});

describe("a client that is named by its sid", () => {
  it("is meant alone, and no room that is named like it", () => {
    expect(targetOf({ sid: "bob" }, "/", ada(), false)).toEqual({
      namespace: "/",
      sid: "bob",
      rooms: null,
      skip: null,
    });
  });

  it("may be left out all the same", () => {
    expect(targetOf({ sid: "bob", skipSid: "bob" }, "/", ada(), false)).toMatchObject({
      sid: "bob",
      skip: ["bob"],
    });
  });

  it("is refused beside others, which could mean either", () => {
    expect(() => targetOf({ sid: "bob", to: "kitchen" }, "/", ada(), false)).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringContaining("emit() takes either"),
      }),
    );
    expect(() => targetOf({ sid: "bob", broadcast: true }, "/", ada(), false)).toThrow("not both");
  });
});

describe("checkTargets()", () => {
  const values = ["kitchen", "", ["kitchen"], [], [""], true, false, 1, null, undefined, {}, () => {}];
  const names = [
    ...["to", "sid", "broadcast", "includeSelf", "except", "skipSid"],
    ...["namespace", "volatile", "callback"],
    ...["timeout", "room", "toString", "__proto__"],
  ];
  const verdict = (check: () => void) => {
    try {
      check();
      return "taken";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each([
    ["emit", emitOptions],
    ["call", callOptions],
    ["callAll", callAllOptions],
    ["joinRoom", targetOptions],
    ["rooms", oneClientOptions],
  ])("judges the options of %s as their table does", (name, table) => {
    const pairs = names.flatMap((option) => values.map((value) => [option, value] as const));
    for (const first of pairs) {
      for (const second of pairs.filter((_, index) => index % 7 === 0)) {
        const given = Object.fromEntries([first, second]);
        expect(verdict(() => checkTargets(table, given, name))).toBe(
          verdict(() => checkOptions(table, given, name, nameHint)),
        );
      }
    }
  });

  it("takes every option of a table that is given rightly, and refuses class instances", () => {
    class Kitchen {
      to = "kitchen";
    }
    expect(verdict(() => checkTargets(targetOptions, { to: "a", skipSid: ["b"] }, "emit()"))).toBe("taken");
    expect(verdict(() => checkTargets(targetOptions, new Kitchen(), "emit()"))).toContain("not a Kitchen");
  });
});
