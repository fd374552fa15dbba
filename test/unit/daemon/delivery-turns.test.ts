import { expect, test } from "vitest";
import { DeliveryTurns } from "../../../src/daemon/delivery-turns.ts";

interface Channel {
  readonly owner: object;
  readonly name: string;
  /** Lengths of its messages. */
  readonly inbox: number[];
}

/** What of them is delivered for so many bytes of credit. */
function serve(turns: DeliveryTurns<Channel>, owner: object, credit: number): string {
  let left = credit;
  let got = "";
  turns.serve(owner, ({ inbox, name }, messagesMax) => {
    let taken = 0;
    for (; taken < messagesMax && inbox.length > 0 && inbox[0]! <= left; taken++) {
      left -= inbox.shift()!;
      got += name;
    }
    return taken;
  });
  return got;
}

const owner = {};
const ones = (count: number): number[] => Array(count).fill(1) as number[];

test("one message each in turn, and the next time it is the turn of who came too short", () => {
  const turns = new DeliveryTurns<Channel>();
  const a = { owner, name: "a", inbox: ones(9) };
  const b = { owner, name: "b", inbox: ones(2) };
  const c = { owner, name: "c", inbox: ones(3) };
  for (const channel of [a, b, c]) turns.note(channel);
  expect(serve(turns, {}, 99)).toBe("");
  expect(serve(turns, owner, 4)).toBe("abca");
  expect(serve(turns, owner, 4)).toBe("bcac");
  expect(serve(turns, owner, 99)).toBe("aaaaaa");
  expect(serve(turns, owner, 99)).toBe("");
  turns.note({ ...b, inbox: ones(1) });
  expect(serve(turns, owner, 99)).toBe("b");
});

test("a long message for which the credit is too little is first when there is enough", () => {
  const turns = new DeliveryTurns<Channel>();
  const small = { owner, name: "s", inbox: ones(100) };
  const long = { owner, name: "L", inbox: [10] };
  for (const channel of [small, long]) turns.note(channel);
  expect(serve(turns, owner, 5)).toBe("sssss");
  expect(serve(turns, owner, 12)).toBe("Lss");
});

test("a channel that is gone, or whose messages were dropped, is not asked", () => {
  const turns = new DeliveryTurns<Channel>();
  const gone = { owner, name: "g", inbox: ones(2) };
  const there = { owner, name: "t", inbox: ones(2) };
  for (const channel of [gone, there]) turns.note(channel);
  gone.inbox.length = 0;
  turns.note(gone);
  expect(serve(turns, owner, 99)).toBe("tt");
});
