import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { Gate } from "../../../src/client/gate.ts";

test("a gate admits in order, within slots and bytes, and forgets who leaves the queue", () => {
  const gate = new Gate(3, 10);
  const started: string[] = [];
  const enter = (name: string, bytes: number): (() => void) => gate.enter(bytes, () => started.push(name));
  enter("a", 6);
  const leaveB = enter("b", 6);
  enter("c", 1); // would fit, but it is not its turn
  expect(started).toEqual(["a"]);
  leaveB();
  expect(started).toEqual(["a", "c"]);
  enter("d", 3);
  enter("e", 0);
  expect(started).toEqual(["a", "c", "d"]);
  leaveB();
  gate.leave(3);
  expect(started).toEqual(["a", "c", "d", "e"]);
  enter("f", 10);
  for (const bytes of [6, 1, 0]) gate.leave(bytes);
  expect(started.at(-1)).toBe("f");
  expect(gate.waiting).toBe(0);
});

test("the queue before a gate has an end", () => {
  const gate = new Gate(0);
  for (let i = 0; i < LIMITS.ipcRequestsWaitingMax; i++) gate.enter(0, () => undefined);
  expect(() => gate.enter(0, () => undefined)).toThrow(expect.objectContaining({ code: "LimitReached" }));
  gate.clear();
  gate.enter(0, () => undefined);
});
