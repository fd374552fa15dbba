import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { Gate } from "../../../src/client/gate.ts";

test("a gate admits in order, as many as have room, and forgets who leaves the queue", () => {
  const gate = new Gate(2);
  const started: string[] = [];
  const enter = (name: string): (() => void) => gate.enter(() => started.push(name));
  enter("a");
  enter("b");
  const leaveC = enter("c");
  enter("d");
  expect(started).toEqual(["a", "b"]);
  leaveC();
  leaveC();
  gate.leave();
  expect(started).toEqual(["a", "b", "d"]);
  enter("e");
  gate.leave();
  expect(started).toEqual(["a", "b", "d", "e"]);
  expect(gate.waiting).toBe(0);
});

test("the queue before a gate has an end", () => {
  const gate = new Gate(0);
  for (let i = 0; i < LIMITS.ipcRequestsWaitingMax; i++) gate.enter(() => undefined);
  expect(() => gate.enter(() => undefined)).toThrow(expect.objectContaining({ code: "LimitReached" }));
  gate.clear();
  gate.enter(() => undefined);
});
