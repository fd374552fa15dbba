import { expect, test } from "vitest";
import { OutcomeTable } from "../../../src/daemon/outcome-table.ts";
import { opened } from "../afc/harness.ts";

test("[AFC-11] on an unreliable channel a message is answered true once it has left, and false where it never did", () => {
  const { net, a, handle } = opened({}, { delivery: "unreliable" });
  const answers = new Map<number, boolean>();
  const table = new OutcomeTable(
    (bytes, deadline) => a.endpoint.send(handle, bytes, deadline),
    { now: () => net.now },
    {
      answerSend: (id, acknowledged) => void answers.set(id, acknowledged),
      refuseSend: () => undefined,
    },
  );
  a.events.length = 0;
  const left = new Set<number>();
  net.fate = () => []; // so the window is soon full
  const deadline = net.later(200);
  for (let id = 0; id < 100; id++) table.send(id, new Uint8Array(1100).fill(id), deadline);
  expect(answers.size).toBe(0);
  net.run(300);
  for (const e of a.events) {
    if (e.kind === "sent" || e.kind === "acknowledged" || e.kind === "expired")
      table.settle(e.messageId, e.kind !== "expired");
    if (e.kind === "sent") left.add(e.messageId);
  }
  expect(answers.size).toBe(100);
  const counted = [...answers.values()].filter(Boolean).length;
  expect(counted).toBe(left.size);
  expect(counted).toBeGreaterThan(5);
  expect(counted).toBeLessThan(30);
  // The first to come were the first to leave.
  for (let id = 0; id < 100; id++) expect(answers.get(id)).toBe(id < counted);
});
