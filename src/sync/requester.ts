/**
 * The asker's side of one connection, for pulls of one team, one after the other, and for hello between them. No I/O: the
 * host feeds bytes, verdicts and expired timers, and drains `poll` after each.
 *
 *   asking --page, more--> admitting --admitted--> asking (next)
 *   asking --page, last--> finishing --level and admitted, in either order--> resting (done), or asking again
 *   asking --level-------> resting (done), or asking again
 *   asking --refused-----> over
 *   resting --pull, of the host--> asking
 *   resting, subscribed --heads not held--> resting (news: the host pulls)
 *
 * The next page is asked for only once the host has stored the last, so one page at most is in memory. Anything out of
 * turn, any deadline and any page the host rejects ends the connection for good; what was admitted before stays, and the
 * next pull goes on from there. Heads that were announced have to come with the next pull, as those named at its end.
 * Whether the asked is a member is the host's to judge, whenever a pull is `done` (SYN-7).
 */
import { BugError, DecodeError } from "../base/errors.ts";
import type { CommandId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { after, earliest } from "../base/time.ts";
import type { Instant } from "../base/time.ts";
import type { CommandSource } from "../graph/source.ts";
import { showGraph } from "./sample.ts";
import { Subscription } from "./subscription.ts";
import type { SubscriptionLimits } from "./subscription.ts";
import { encodeSyncMessage, decodeSyncMessage, FrameReader } from "./wire.ts";
import type { Heads, Refusal, SyncMessage } from "./wire.ts";

export type RequesterInput =
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  /** Another pull, after one that is done. */
  | { readonly type: "pull" }
  /** Once, after a pull that is done: to be told of new heads. */
  | { readonly type: "subscribe" }
  /** The commands last handed out were taken; `added` are new in the graph: with them, perhaps, some kept aside before. */
  | { readonly type: "admitted"; readonly added: number }
  /** They are not, and the peer is to blame: bad signature, unknown parents, another team's … */
  | { readonly type: "rejected"; readonly code: string }
  | { readonly type: "closed" }
  | { readonly type: "timeout" };

export type RequesterFailure =
  | "bad-message" // detail: the DecodeError's code
  | "unexpected-message"
  | "rejected" // detail: the host's code
  | "no-progress" // pages, and nothing new in them
  | "not-level" // it named or announced heads and did not send them
  | "page-timeout"
  | "pull-timeout"
  | "closed";

export type RequesterOutput =
  | { readonly type: "transmit"; readonly bytes: Uint8Array }
  /** Verify and store, parents first, then answer with `admitted` or `rejected`. */
  | { readonly type: "commands"; readonly commands: readonly Uint8Array[] }
  /** Level with the peer. The connection can serve another pull. */
  | {
      readonly type: "done";
      readonly received: number;
      readonly added: number;
      readonly heads: readonly CommandId[];
    }
  /** The peer's reason for not serving the team. Drop the connection. */
  | { readonly type: "refused"; readonly reason: Refusal }
  /** Its reason for announcing no more heads, or none. Drop the connection. */
  | { readonly type: "unsubscribed"; readonly reason: Refusal }
  /** Heads were announced that are not here: pull. */
  | { readonly type: "news" }
  /** Drop the connection. */
  | { readonly type: "failed"; readonly code: RequesterFailure; readonly detail?: string };

export type RequesterLimits = SubscriptionLimits &
  Readonly<Record<"syncPullTimeoutMs" | "syncRoundsMax" | "syncStalledPagesMax", number>>;

export interface RequesterOptions {
  /** The asker's own graph; grows as the host admits. */
  readonly source: CommandSource;
  readonly teamId: TeamId;
  readonly now: Instant;
  readonly limits?: RequesterLimits;
}

type State = "asking" | "admitting" | "finishing" | "resting" | "over";

export class Requester {
  readonly #source: CommandSource;
  readonly #teamId: TeamId;
  readonly #limits: RequesterLimits;
  readonly #reader = new FrameReader(LIMITS.syncMessageBytesMax);
  #pullDeadline: Instant | undefined;
  #subscription: Subscription | undefined;
  /** The host wants a pull, which waits for the answer to a subscribe. */
  #pullWanted = false;
  #outputs: RequesterOutput[] = [];
  #state: State = "asking";
  /** Set exactly while it is the peer's turn to speak. */
  #pageDeadline: Instant | undefined;
  /** Commands handed to the host that it has not yet admitted or rejected. */
  #admitting = 0;
  #level: readonly CommandId[] | undefined;
  /** Heads announced during the pull: they have to come with it as well. */
  #owed: readonly CommandId[] = [];
  #received = 0;
  #added = 0;
  #rounds = 0;
  #sizeAtRound = 0;
  #stalledPages = 0;
  /** Commands received in this round, and whether all our heads were shown in it. */
  #receivedInRound = 0;
  #headsFit = true;

  /** Starts a pull: the first `poll` gives the message to send. */
  constructor(options: RequesterOptions) {
    this.#source = options.source;
    this.#teamId = options.teamId;
    this.#limits = options.limits ?? LIMITS;
    this.#begin(options.now);
  }

  /** Announced heads that are not here. */
  get missingHeads(): readonly CommandId[] {
    return this.#subscription?.missing ?? [];
  }

  get isBehind(): boolean {
    return this.missingHeads.length > 0;
  }

  handle(input: RequesterInput, now: Instant): void {
    if (this.#state === "over") return;
    switch (input.type) {
      case "bytes":
        this.#onBytes(input.bytes, now);
        return;
      case "pull":
        if (this.#state !== "resting") throw new BugError("a pull within a pull");
        if (this.#subscription?.isAwaitingAnswer === true) this.#pullWanted = true;
        else this.#begin(now);
        return;
      case "subscribe":
        if (this.#state !== "resting" || this.#subscription !== undefined)
          throw new BugError("subscribed already, or within a pull");
        this.#subscription = new Subscription(this.#source, this.#limits, now);
        this.#subscribe(this.#subscription, now);
        return;
      case "admitted":
        this.#onAdmitted(input.added, now);
        return;
      case "rejected":
        this.#fail("rejected", input.code);
        return;
      case "closed":
        this.#fail("closed");
        return;
      case "timeout":
        this.#onTimeout(now);
    }
  }

  poll(): RequesterOutput | undefined {
    return this.#outputs.shift();
  }

  nextTimeout(): Instant | undefined {
    if (this.#state === "over") return undefined;
    if (this.#state === "resting") return this.#subscription?.deadline;
    return earliest(this.#pullDeadline, this.#pageDeadline);
  }

  #onTimeout(now: Instant): void {
    const subscription = this.#subscription;
    if (this.#state !== "resting") {
      if (now >= this.#pullDeadline!) this.#fail("pull-timeout");
      else if (this.#pageDeadline !== undefined && now >= this.#pageDeadline) this.#fail("page-timeout");
    } else if (subscription !== undefined && now >= subscription.deadline) {
      if (subscription.isAwaitingAnswer) {
        this.#fail("page-timeout");
      } else if (this.isBehind) {
        subscription.toldHost(now);
        this.#outputs.push({ type: "news" });
      } else {
        this.#subscribe(subscription, now);
      }
    }
  }

  #onBytes(bytes: Uint8Array, now: Instant): void {
    if (bytes.length === 0) return;
    if (!this.#mayPeerSpeak()) {
      this.#fail("unexpected-message");
      return;
    }
    try {
      for (const body of this.#reader.read(bytes)) {
        this.#onMessage(decodeSyncMessage(body), now);
        if (this.#isOver()) return;
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#fail("bad-message", error.code);
      return;
    }
    if (!this.#mayPeerSpeak() && !this.#reader.idle) this.#fail("unexpected-message");
  }

  #onMessage(message: SyncMessage, now: Instant): void {
    if (message.type === "page" && this.#state === "asking") {
      this.#received += message.commands.length;
      this.#receivedInRound += message.commands.length;
      this.#admitting = message.commands.length;
      this.#outputs.push({ type: "commands", commands: message.commands });
      this.#state = message.more ? "admitting" : "finishing";
      if (message.more) this.#pageDeadline = undefined;
    } else if (message.type === "level" && (this.#state === "asking" || this.#state === "finishing")) {
      if (this.#level !== undefined) {
        this.#fail("unexpected-message");
        return;
      }
      this.#level = message.heads;
      this.#owed = this.#subscription?.missing ?? [];
      this.#subscription?.heardLevel();
      this.#state = "finishing";
      this.#pageDeadline = undefined;
      this.#finish(now);
    } else if (message.type === "refused" && this.#state === "asking") {
      this.#end({ type: "refused", reason: message.reason });
    } else if (message.type === "refused" && this.#isBetweenAnswers()) {
      this.#end({ type: "unsubscribed", reason: message.reason });
    } else if (message.type === "heads" && (this.#isBetweenAnswers() || this.#isUnanswered())) {
      this.#onHeads(message, now);
    } else {
      this.#fail("unexpected-message");
    }
  }

  #onHeads(message: Heads, now: Instant): void {
    if (message.teamId !== this.#teamId || this.#subscription?.hear(message.heads, now) !== true) {
      this.#fail("unexpected-message");
    } else if (this.#pullWanted) {
      this.#begin(now);
    }
  }

  #onAdmitted(added: number, now: Instant): void {
    if (this.#admitting === 0) throw new BugError("admitted what was not handed out");
    this.#admitting = 0;
    this.#added += added;
    this.#stalledPages = added > 0 ? 0 : this.#stalledPages + 1;
    if (this.#state === "finishing") {
      this.#finish(now);
    } else if (this.#stalledPages < this.#limits.syncStalledPagesMax || this.#mayBeOurFault()) {
      this.#send({ type: "next" }, now);
    } else {
      // Perhaps another peer was faster: what is held now may tell this one to skip the rest.
      this.#pullAgain("no-progress", now);
    }
  }

  /**
   * Where more heads are held than a pull can show, an honest peer sends again what hangs on the others: each command once, so
   * no more than is held. So a member that makes many heads cannot stop all syncs.
   */
  #mayBeOurFault(): boolean {
    return !this.#headsFit && this.#receivedInRound <= this.#source.size;
  }

  #finish(now: Instant): void {
    if (this.#level === undefined || this.#admitting > 0) return;
    if ([...this.#level, ...this.#owed].every((id) => this.#source.isKnown(id))) {
      this.#outputs.push({ type: "done", received: this.#received, added: this.#added, heads: this.#level });
      this.#state = "resting";
      this.#subscription?.levelled(now);
    } else {
      this.#pullAgain("not-level", now);
    }
  }

  /** Only where the graph has grown since the last pull: the same question would get the same answer. */
  #pullAgain(otherwise: RequesterFailure, now: Instant): void {
    if (this.#rounds >= this.#limits.syncRoundsMax || this.#source.size === this.#sizeAtRound) {
      this.#fail(otherwise);
    } else {
      this.#pull(now);
    }
  }

  #begin(now: Instant): void {
    this.#pullWanted = false;
    this.#pullDeadline = after(now, this.#limits.syncPullTimeoutMs);
    this.#rounds = 0;
    this.#received = 0;
    this.#added = 0;
    this.#pull(now);
  }

  #pull(now: Instant): void {
    this.#rounds++;
    this.#sizeAtRound = this.#source.size;
    this.#stalledPages = 0;
    this.#receivedInRound = 0;
    this.#level = undefined;
    this.#owed = [];
    const shown = showGraph(this.#source);
    this.#headsFit = shown.heads.length < LIMITS.syncHeadsMax;
    this.#send({ type: "pull", teamId: this.#teamId, ...shown }, now);
  }

  #send(message: SyncMessage, now: Instant): void {
    this.#state = "asking";
    this.#pageDeadline = after(now, this.#limits.syncPageTimeoutMs);
    this.#outputs.push({ type: "transmit", bytes: encodeSyncMessage(message) });
  }

  #subscribe(subscription: Subscription, now: Instant): void {
    subscription.sent(now);
    const bytes = encodeSyncMessage({ type: "subscribe", teamId: this.#teamId });
    this.#outputs.push({ type: "transmit", bytes });
  }

  #fail(code: RequesterFailure, detail?: string): void {
    // Nothing queued before it counts any more: a page from a peer that then broke the rules is not wanted.
    this.#outputs = [];
    this.#end(detail === undefined ? { type: "failed", code } : { type: "failed", code, detail });
  }

  #end(output: RequesterOutput): void {
    this.#outputs.push(output);
    this.#state = "over";
    this.#pageDeadline = undefined;
  }

  #mayPeerSpeak(): boolean {
    return this.#pageDeadline !== undefined || this.#isBetweenAnswers();
  }

  /** Subscribed, and no pull is being answered: whatever the peer says now comes unasked. */
  #isBetweenAnswers(): boolean {
    const isAnswered =
      this.#state === "resting" || (this.#state === "finishing" && this.#level !== undefined);
    return isAnswered && this.#subscription !== undefined;
  }

  /** No answer to the pull has come yet: heads may have crossed it. */
  #isUnanswered(): boolean {
    return this.#state === "asking" && this.#receivedInRound === 0;
  }

  #isOver(): boolean {
    return this.#state === "over";
  }
}
