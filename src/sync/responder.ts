/**
 * The asked's side of one connection, for any number of pulls, one after the other, and for hello. No I/O: the host
 * feeds bytes, changes and expired timers, and drains `poll` after each.
 *
 * A stranger costs one small decode per request and nothing is kept for it: `authorize` is asked first, and again on
 * every page (SYN-7). A page is built only when asked for. Requests beyond the rate are answered later; a request
 * before the last answer was drained is a fault, so there is never more than one page in memory.
 *
 * Hello: a subscribed team is *armed* by each answer that names its heads. When it changes then, the new heads follow after
 * a jitter, once; until the asker speaks again it is owed nothing, since the next answer names the heads anyway. The jitter
 * keeps subscribers from pulling all at once, so it is as long as there are many of them: where devices form a chain, it is
 * paid again at each of them.
 */
import { DecodeError } from "../base/errors.ts";
import type { TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { after, earliest, instant } from "../base/time.ts";
import type { Entropy, Instant } from "../base/time.ts";
import type { CommandSource } from "../graph/source.ts";
import { MissingCommands } from "./missing.ts";
import { showHeads } from "./sample.ts";
import { decodeSyncMessage, encodeSyncMessage, FrameReader } from "./wire.ts";
import type { Next, Pull, Refusal, Subscribe, SyncMessage } from "./wire.ts";

/**
 * Whether the connection's peer may have a team's commands now. The same object for as long as positions in it mean the
 * same commands; another one ends the pull, and the asker starts over.
 */
export type Authorize = (teamId: TeamId) => CommandSource | { readonly refused: Refusal };

export type ResponderInput =
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  /** A team has commands it had not before. `subscribers`: how many hear of it, this one too; by default very many. */
  | { readonly type: "changed"; readonly teamId: TeamId; readonly subscribers?: number }
  | { readonly type: "timeout" };

export type ResponderFault =
  "bad-message" | "unexpected-message" | "pipelined" | "version" | "stranger" | "idle";

export type ResponderOutput =
  | { readonly type: "transmit"; readonly bytes: Uint8Array }
  /** Close the connection once what was transmitted is written. `detail`: the DecodeError's code. */
  | { readonly type: "close"; readonly code: ResponderFault; readonly detail?: string };

export type ResponderLimits = Readonly<
  Record<
    | "syncRequestsPerSecondMax"
    | "syncStrangerTimeoutMs"
    | "syncIdleTimeoutMs"
    | "syncPageBytesMax"
    | "syncSubscriptionsPerConnectionMax"
    | "syncHelloIntervalMs"
    | "syncHelloSpacingMs"
    | "syncHelloJitterMs",
    number
  >
>;

export interface ResponderOptions {
  readonly authorize: Authorize;
  /** Whether there is room for one more subscription, of a team that may be served; by default there is. */
  readonly hasRoomFor?: (teamId: TeamId) => boolean;
  /** For the jitter of hello; without it there is none. */
  readonly entropy?: Entropy;
  readonly now: Instant;
  readonly limits?: ResponderLimits;
}

interface Subscription {
  /** True while heads may be sent: the asker was answered since the last were. */
  armed: boolean;
  /** When heads are to be sent; undefined while the team has not changed. */
  due: Instant | undefined;
}

export class Responder {
  readonly #authorize: Authorize;
  readonly #hasRoomFor: (teamId: TeamId) => boolean;
  readonly #entropy: Entropy | undefined;
  readonly #limits: ResponderLimits;
  readonly #reader = new FrameReader(LIMITS.syncRequestBytesMax);
  readonly #outputs: ResponderOutput[] = [];
  /** The pull that is going on: its next page may be asked for. */
  #current: { readonly teamId: TeamId; readonly missing: MissingCommands } | undefined;
  /** A request that came too soon for the rate, and when it is answered. */
  #deferred: { readonly request: Pull | Next | Subscribe; readonly until: Instant } | undefined;
  readonly #subscriptions = new Map<TeamId, Subscription>();
  /** Before this no heads are sent unasked. */
  #helloAt: Instant;
  /** Whether the peer was ever served. A stranger has less time: it holds one of few places. */
  #served = false;
  #idleSince: Instant;
  #tokens: number;
  #tokensAt: Instant;
  #closed = false;

  constructor(options: ResponderOptions) {
    this.#authorize = options.authorize;
    this.#hasRoomFor = options.hasRoomFor ?? (() => true);
    this.#entropy = options.entropy;
    this.#helloAt = options.now;
    this.#limits = options.limits ?? LIMITS;
    this.#idleSince = options.now;
    this.#tokens = this.#limits.syncRequestsPerSecondMax;
    this.#tokensAt = options.now;
  }

  handle(input: ResponderInput, now: Instant): void {
    if (this.#closed) return;
    if (input.type === "bytes") this.#onBytes(input.bytes, now);
    else if (input.type === "changed") this.#onChanged(input.teamId, input.subscribers ?? Infinity, now);
    else this.#onTimeout(now);
  }

  isSubscribedTo(teamId: TeamId): boolean {
    return this.#subscriptions.has(teamId);
  }

  /** Whether a change of the team will be told to the asker: it subscribed, and was answered since it was last told. */
  isToHearOf(teamId: TeamId): boolean {
    return this.#subscriptions.get(teamId)?.armed === true;
  }

  get isSubscribed(): boolean {
    return this.#subscriptions.size > 0;
  }

  /** When the peer was last served a team; undefined for a stranger. */
  get servedAt(): Instant | undefined {
    return this.#served ? this.#idleSince : undefined;
  }

  poll(): ResponderOutput | undefined {
    return this.#outputs.shift();
  }

  nextTimeout(): Instant | undefined {
    if (this.#closed) return undefined;
    return earliest(this.#idleDeadline(), this.#deferred?.until, ...this.#helloDeadlines());
  }

  #onBytes(bytes: Uint8Array, now: Instant): void {
    try {
      for (const body of this.#reader.read(bytes)) {
        this.#onMessage(decodeSyncMessage(body), now);
        if (this.#isClosed()) return;
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      if (error.code === "bad-version") {
        this.#send({ type: "refused", reason: "version" });
        this.#close("version");
      } else {
        this.#close("bad-message", error.code);
      }
    }
  }

  #onMessage(message: SyncMessage, now: Instant): void {
    if (this.#outputs.length > 0 || this.#deferred !== undefined) {
      this.#close("pipelined");
    } else if (
      message.type === "pull" ||
      message.type === "subscribe" ||
      (message.type === "next" && this.#current !== undefined)
    ) {
      const until = this.#takeToken(now);
      if (until > now) this.#deferred = { request: message, until };
      else this.#answer(message, now);
    } else {
      this.#close("unexpected-message");
    }
  }

  #onTimeout(now: Instant): void {
    if (this.#deferred !== undefined && now >= this.#deferred.until) {
      const { request } = this.#deferred;
      this.#deferred = undefined;
      this.#answer(request, now);
    } else if (now >= this.#idleDeadline()) {
      this.#close(this.#served ? "idle" : "stranger");
    } else {
      this.#sayHello(now);
    }
  }

  #answer(request: Pull | Next | Subscribe, now: Instant): void {
    const teamId = request.type === "next" ? this.#current!.teamId : request.teamId;
    const source = this.#authorize(teamId);
    if ("refused" in source) {
      this.#subscriptions.delete(teamId);
      this.#refuse(source.refused);
      return;
    }
    if (request.type === "subscribe") this.#subscribe(teamId, source, now);
    else this.#serve(request, teamId, source, now);
  }

  #serve(request: Pull | Next, teamId: TeamId, source: CommandSource, now: Instant): void {
    if (request.type === "pull") {
      const missing = new MissingCommands(source, [...request.heads, ...request.sample]);
      this.#current = { teamId, missing };
    }
    const { missing } = this.#current!;
    if (missing.source !== source) {
      this.#refuse("busy");
      return;
    }
    this.#served = true;
    this.#idleSince = now;
    const commands = missing.take(this.#limits.syncPageBytesMax);
    const more = missing.peek() !== undefined;
    if (commands.length > 0) this.#send({ type: "page", commands, more });
    if (more) return;
    this.#send({ type: "level", heads: source.heads().slice(0, LIMITS.syncHeadsMax) });
    this.#current = undefined;
    this.#arm(teamId);
  }

  #subscribe(teamId: TeamId, source: CommandSource, now: Instant): void {
    if (!this.#subscriptions.has(teamId)) {
      const isFull = this.#subscriptions.size >= this.#limits.syncSubscriptionsPerConnectionMax;
      if (isFull || !this.#hasRoomFor(teamId)) {
        this.#refuse("busy");
        return;
      }
      this.#subscriptions.set(teamId, { armed: true, due: undefined });
    }
    this.#served = true;
    this.#idleSince = now;
    this.#current = undefined;
    this.#arm(teamId);
    this.#send({ type: "heads", teamId, heads: showHeads(source) });
  }

  /** Call when the asker has just been told the team's heads. */
  #arm(teamId: TeamId): void {
    const subscription = this.#subscriptions.get(teamId);
    if (subscription === undefined) return;
    subscription.armed = true;
    subscription.due = undefined;
  }

  #onChanged(teamId: TeamId, subscribers: number, now: Instant): void {
    const subscription = this.#subscriptions.get(teamId);
    if (subscription?.armed !== true || subscription.due !== undefined) return;
    const spacedMs = (subscribers - 1) * this.#limits.syncHelloSpacingMs;
    const jitterMs = Math.min(spacedMs, this.#limits.syncHelloJitterMs);
    const random = (this.#entropy?.bytes(1)[0] ?? 0) / 255;
    const start = instant(Math.max(now, this.#helloAt));
    subscription.due = after(start, Math.round(random * jitterMs));
  }

  /** Sends the heads that are due. A removed member is told once that it is one, and nothing more (SYN-7). */
  #sayHello(now: Instant): void {
    if (this.#isAnswering()) return;
    for (const [teamId, subscription] of this.#subscriptions) {
      if (subscription.due === undefined || now < subscription.due) continue;
      subscription.armed = false;
      subscription.due = undefined;
      this.#helloAt = after(now, this.#limits.syncHelloIntervalMs);
      const source = this.#authorize(teamId);
      if ("refused" in source) {
        this.#subscriptions.delete(teamId);
        this.#send({ type: "refused", reason: source.refused });
      } else {
        this.#send({ type: "heads", teamId, heads: showHeads(source) });
      }
    }
  }

  /** None while a pull waits or goes on: no heads come between its pages, and its end names them anyway. */
  #helloDeadlines(): (Instant | undefined)[] {
    return this.#isAnswering() ? [] : [...this.#subscriptions.values()].map(({ due }) => due);
  }

  #isAnswering(): boolean {
    return this.#current !== undefined || this.#deferred !== undefined;
  }

  #refuse(reason: Refusal): void {
    this.#current = undefined;
    this.#send({ type: "refused", reason });
  }

  /** When this request may be answered. A token bucket: it fills evenly and holds one second's worth. */
  #takeToken(now: Instant): Instant {
    const rate = this.#limits.syncRequestsPerSecondMax;
    this.#tokens = Math.min(rate, this.#tokens + ((now - this.#tokensAt) * rate) / 1000);
    this.#tokensAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? now : after(now, Math.ceil((-this.#tokens * 1000) / rate));
  }

  /** Counts from the last request that was served, so that neither refusals nor trickling bytes keep a place. */
  #idleDeadline(): Instant {
    const limits = this.#limits;
    return after(this.#idleSince, this.#served ? limits.syncIdleTimeoutMs : limits.syncStrangerTimeoutMs);
  }

  #send(message: SyncMessage): void {
    this.#outputs.push({ type: "transmit", bytes: encodeSyncMessage(message) });
  }

  #close(code: ResponderFault, detail?: string): void {
    this.#closed = true;
    this.#current = undefined;
    this.#deferred = undefined;
    this.#subscriptions.clear();
    this.#outputs.push(detail === undefined ? { type: "close", code } : { type: "close", code, detail });
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
