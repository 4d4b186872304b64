import { describe, expect, it } from "vitest";
import { deliveryOf, type EmitOptions, targetOf } from "../../src/context/emit-options.ts";
import { Socket, type SocketOwner } from "../../src/core/socket.ts";
import { FakeClient } from "../core/lone-socket.ts";

/** Ada, whose sid is `ada` in the namespace `/`, `ada-chat` in `/chat`, and who is in no other. */
function ada(): Socket {
  const client: SocketOwner = Object.assign(new FakeClient(), {
    socketIn: (name: string) => ({ "/": main, "/chat": chat })[name],
  });
  const main = new Socket("ada", "/", client, undefined);
  const chat = new Socket("ada-chat", "/chat", client, undefined);
  return main;
}

type Row = [options: EmitOptions, rooms: string[] | null, skip?: string[]];

/** Where an event goes that is emitted while Ada's is being handled, as Flask-SocketIO has it. */
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
  [{ to: "kitchen", skipSid: "bob" }, ["kitchen"], ["bob"]],
  [{ to: "kitchen", skipSid: ["bob", "cem"] }, ["kitchen"], ["bob", "cem"]],
  [{ to: "kitchen", skipSid: "bob", includeSelf: false }, ["kitchen"], ["bob", "ada"]],
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

/** Where an event goes that is emitted while none is being handled. */
const fromAnywhere: Row[] = [
  [{}, null],
  [{ broadcast: true }, null],
  [{ includeSelf: false }, null],
  [{ to: "kitchen" }, ["kitchen"]],
  [{ to: ["kitchen", "bob"], skipSid: "cem" }, ["kitchen", "bob"], ["cem"]],
  [{ skipSid: ["bob"] }, null, ["bob"]],
  [{ namespace: "/chat" }, null],
];

function plain({ namespace, rooms, skip }: ReturnType<typeof targetOf>) {
  return { namespace, rooms, skip: skip === null ? null : [...skip] };
}

describe("targetOf()", () => {
  it.each([...fromHandler, ...elsewhere])(
    "sends %j of a handler to %j without %j",
    (options, rooms, skip) => {
      expect(plain(targetOf(options, ada()))).toEqual({
        namespace: options.namespace ?? "/",
        rooms,
        skip: skip ?? null,
      });
    },
  );

  it.each(fromAnywhere)("sends %j from anywhere to %j without %j", (options, rooms, skip) => {
    expect(plain(targetOf(options, null))).toEqual({
      namespace: options.namespace ?? "/",
      rooms,
      skip: skip ?? null,
    });
  });

  it("takes the namespace of the handler where none is given", () => {
    const chat = ada().client.socketIn("/chat") ?? null;
    expect(plain(targetOf({}, chat))).toEqual({ namespace: "/chat", rooms: ["ada-chat"], skip: null });
    expect(plain(targetOf({ namespace: "/" }, chat))).toEqual({ namespace: "/", rooms: ["ada"], skip: null });
  });

  it("changes no list that it is given", () => {
    const skipSid = Object.freeze(["bob"]);
    targetOf({ broadcast: true, skipSid, includeSelf: false }, ada());
    expect(skipSid).toEqual(["bob"]);
  });
});

describe("deliveryOf()", () => {
  it("hands on what concerns how an event is sent", () => {
    const callback = () => {};
    const options: EmitOptions = { to: "kitchen", volatile: true, compress: false, callback };
    expect(deliveryOf(options)).toEqual({ volatile: true, compress: false, callback });
  });
});

describe("what a client chose as a room", () => {
  it.each([[null], [5], [{}], [""], [["kitchen", null]], [[5]]])(
    "is refused unless it is a name: %j",
    (to) => {
      const options = { to } as unknown as EmitOptions;
      expect(() => targetOf(options, ada())).toThrow(expect.objectContaining({ code: "ERR_ROOM" }));
      expect(() => targetOf({ ...options, broadcast: true }, null)).toThrow('"to"');
    },
  );

  it("is refused for those who are left out, too", () => {
    expect(() => targetOf({ skipSid: null } as unknown as EmitOptions, ada())).toThrow('"skipSid"');
  });
});

describe("an option that does not exist", () => {
  it("is refused with the one that was probably meant", () => {
    const options = { room: "admins" } as EmitOptions;
    expect(() => targetOf(options, ada())).toThrow(/no option "room"\. Did you mean "to"\?/);
  });
});
