import { instant } from "../../src/base/time.ts";
import type { Instant } from "../../src/base/time.ts";
import type { Requester, RequesterOutput } from "../../src/sync/requester.ts";
import type { Responder } from "../../src/sync/responder.ts";
import type { FakeCommand, FakeSource } from "./fake-source.ts";

export type Outcome = Exclude<RequesterOutput, { type: "transmit" | "commands" }>;

export interface PullTrace {
  readonly outcome: Outcome | undefined;
  /** Sizes of the pages, in commands. */
  readonly pages: readonly number[];
  /** Messages the asker sent: round trips. */
  readonly asked: number;
}

/** Runs one pull to its end over a wire that cuts the stream into `chunkBytes`. */
export function runPull(o: {
  requester: Requester;
  responder: Responder;
  mine: FakeSource;
  known: ReadonlyMap<string, FakeCommand>;
  chunkBytes?: number;
  onPage?: (page: number) => void;
}): PullTrace {
  const chunkBytes = o.chunkBytes ?? 16384;
  let now: Instant = instant(0);
  const pages: number[] = [];
  let asked = 0;
  while (true) {
    const out = o.requester.poll();
    if (out === undefined) return { outcome: undefined, pages, asked };
    if (out.type === "commands") {
      pages.push(out.commands.length);
      o.onPage?.(pages.length);
      o.requester.handle({ type: "admitted", added: o.mine.admit(out.commands, o.known) }, now);
    } else if (out.type === "transmit") {
      asked++;
      for (const chunk of chunks(out.bytes, chunkBytes))
        o.responder.handle({ type: "bytes", bytes: chunk }, now);
      const answers: Uint8Array[] = [];
      while (true) {
        const answer = o.responder.poll();
        if (answer?.type === "transmit") answers.push(answer.bytes);
        else if (answer === undefined && answers.length === 0 && o.responder.nextTimeout() !== undefined) {
          now = o.responder.nextTimeout()!;
          o.responder.handle({ type: "timeout" }, now);
        } else break;
      }
      for (const answer of answers) {
        for (const chunk of chunks(answer, chunkBytes))
          o.requester.handle({ type: "bytes", bytes: chunk }, now);
      }
    } else {
      return { outcome: out, pages, asked };
    }
  }
}

function* chunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
