/** What a run of a few hundred worlds must have met at least once: a fault or a lie that never happens proves nothing. */
import { FAULTS } from "./faults.ts";
import { LIES } from "./liar.ts";
import { MALICE } from "./workload.ts";

export const EXPECTED: readonly string[] = [
  ...Object.keys(FAULTS),
  ...Object.keys(MALICE),
  ...LIES,
  "malice: noise to who serves",
  "fault: power cut in a call",
  "network: reordered",
  "network: swallowed",
  "network: unreachable",
  "network: pull twice at once",
  "answer: NotReady",
  "answer: StorageFailed",
  "pull: done",
  "pull: closed",
  "pull: page-timeout",
  "pull: no-progress",
  "pull: not-level",
  "pull: refused, not-served",
  "pull: rejected, unknown-parent",
  "pull: rejected, bad-signature",
  "pull: unexpected-message",
  "reached: command lost to damage",
  "reached: team added again",
  "reached: a device heard no more",
  "reached: honest device removed",
  "reached: several level in the end",
  "reached: model asked",
];
