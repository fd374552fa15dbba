/**
 * The asked's side of one connection, for any number of pulls, one after the other. No I/O: the host feeds bytes and
 * expired timers, and drains `poll` after each.
 *
 * A stranger costs one small decode per request and nothing is kept for it: `authorize` is asked first, and again on
 * every page (SYN-7). A page is built only when asked for. Requests beyond the rate are answered later; a request
 * before the last answer was drained is a fault, so there is never more than one page in memory.
 */
import { DecodeError } from "../base/errors.ts";
import type { TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { after, earliest } from "../base/time.ts";
import type { Instant } from "../base/time.ts";
import type { CommandSource } from "../graph/source.ts";
import { MissingCommands } from "./missing.ts";
import { decodeSyncMessage, encodeSyncMessage, FrameReader } from "./wire.ts";
import type { Next, Pull, Refusal, SyncMessage } from "./wire.ts";

/**
 * Whether the connection's peer may have a team's commands now. The same object for as long as positions in it mean the
 * same commands; another one ends the pull, and the asker starts over.
 */
export type Authorize = (teamId: TeamId) => CommandSource | { readonly refused: Refusal };

export type ResponderInput =
  { readonly type: "bytes"; readonly bytes: Uint8Array } | { readonly type: "timeout" };

export type ResponderFault =
  "bad-message" | "unexpected-message" | "pipelined" | "version" | "stranger" | "idle";

export type ResponderOutput =
  | { readonly type: "transmit"; readonly bytes: Uint8Array }
  /** Close the connection once what was transmitted is written. `detail`: the DecodeError's code. */
  | { readonly type: "close"; readonly code: ResponderFault; readonly detail?: string };

export type ResponderLimits = Readonly<
  Record<
    "syncRequestsPerSecondMax" | "syncStrangerTimeoutMs" | "syncIdleTimeoutMs" | "syncPageBytesMax",
    number
  >
>;

export interface ResponderOptions {
  readonly authorize: Authorize;
  readonly now: Instant;
  readonly limits?: ResponderLimits;
}

export class Responder {
  readonly #authorize: Authorize;
  readonly #limits: ResponderLimits;
  readonly #reader = new FrameReader(LIMITS.syncRequestBytesMax);
  readonly #outputs: ResponderOutput[] = [];
  /** The pull whose next page may be asked for. */
  #current: { readonly teamId: TeamId; readonly missing: MissingCommands } | undefined;
  /** Waits for its turn under the rate. */
  #deferred: { readonly request: Pull | Next; readonly until: Instant } | undefined;
  /** A peer that was never served has less time: it holds one of few places. */
  #served = false;
  #idleSince: Instant;
  #tokens: number;
  #tokensAt: Instant;
  #closed = false;

  constructor(options: ResponderOptions) {
    this.#authorize = options.authorize;
    this.#limits = options.limits ?? LIMITS;
    this.#idleSince = options.now;
    this.#tokens = this.#limits.syncRequestsPerSecondMax;
    this.#tokensAt = options.now;
  }

  handle(input: ResponderInput, now: Instant): void {
    if (this.#closed) return;
    if (input.type === "bytes") this.#onBytes(input.bytes, now);
    else this.#onTimeout(now);
  }

  poll(): ResponderOutput | undefined {
    return this.#outputs.shift();
  }

  nextTimeout(): Instant | undefined {
    return this.#closed ? undefined : earliest(this.#idleDeadline(), this.#deferred?.until);
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
    } else if (message.type === "pull" || (message.type === "next" && this.#current !== undefined)) {
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
    }
  }

  #answer(request: Pull | Next, now: Instant): void {
    const teamId = request.type === "pull" ? request.teamId : this.#current!.teamId;
    const source = this.#authorize(teamId);
    if ("refused" in source) {
      this.#refuse(source.refused);
      return;
    }
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
  }

  #refuse(reason: Refusal): void {
    this.#current = undefined;
    this.#send({ type: "refused", reason });
  }

  /** When the next request may be answered: a bucket that fills evenly and holds one second's worth. */
  #takeToken(now: Instant): Instant {
    const rate = this.#limits.syncRequestsPerSecondMax;
    this.#tokens = Math.min(rate, this.#tokens + ((now - this.#tokensAt) * rate) / 1000);
    this.#tokensAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? now : after(now, Math.ceil((-this.#tokens * 1000) / rate));
  }

  /** Counted from the last request that was served, so neither refusals nor trickling bytes keep a place. */
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
    this.#outputs.push(detail === undefined ? { type: "close", code } : { type: "close", code, detail });
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
