/**
 * One sync peer: a first pull at once, then pulls at its rate, with back-off and jitter while they fail. After a pull the
 * connection stays open for hello, and what the peer announces on it is pulled at once. A connection that is lost is opened
 * again soon. Without hello only the pulls at the peer's rate are left.
 */
import { formatAddress } from "../base/address.ts";
import { AranyaError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { CommandId } from "../base/ids.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { abortController } from "../io/abort.ts";
import type { Effect } from "../ipc/effect.ts";
import type { SyncPeerInfo } from "../ipc/info.ts";
import type { Logger } from "./log.ts";
import { pollDelayMs } from "./back-off.ts";
import { effectReason } from "./effects.ts";
import type { LoopDelay } from "./loop-delay.ts";
import { PeerConnection } from "./peer-connection.ts";
import type { Pulled, Puller, PullTarget, Traffic } from "./peer-connection.ts";
import { PullTurns } from "./pull-turns.ts";

export interface PeerHost extends Puller {
  readonly entropy: Entropy;
  readonly log: Logger;
  readonly tell: (effect: Effect) => void;
  readonly loop?: LoopDelay;
}

/** What a task needs of its service. */
export interface PeerService {
  wantsHello(): boolean;
  /** A pull has ended. */
  attempted(peer: PeerTask, isLevel: boolean): void;
}

/** How a pull ended, by the code of its error; any other code is `other`. */
const OUTCOMES = {
  PeerUnreachable: "unreachable",
  PeerRefused: "refused",
  NotAMember: "refused",
  Timeout: "timeout",
} as const;
export type PullOutcome = "level" | "other" | (typeof OUTCOMES)[keyof typeof OUTCOMES];

/** For metrics. */
export interface PeerFigures {
  readonly target: PullTarget;
  /** Since it was last level; before that, since the peer was added. */
  readonly ageMs: number;
  readonly failures: number;
  readonly behindForMs: number;
  readonly headsMissing: number;
  readonly pulls: Readonly<Record<PullOutcome, number>>;
  readonly traffic: Traffic;
}

/** How often the number of pulls without hello doubles, at most. */
const HELLO_DOUBLINGS_MAX = 16;

export class PeerTask {
  readonly target: PullTarget & { readonly traffic: Traffic };
  readonly rateMs: number;
  readonly #host: PeerHost;
  readonly #service: PeerService;
  readonly #turns = new PullTurns((signal) => this.#pull(signal));
  /** Ends with the peer. */
  readonly #stop = abortController();
  #connection: PeerConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Failures of hello in a row, while pulls succeed: the peer announces what it does not have, or breaks the protocol. */
  #helloFailures = 0;
  /** How many of the next pulls close their connection instead of subscribing. */
  #pullsWithoutHello = 0;
  /** Attempts in a row to open again a connection that was lost while subscribed. */
  #returns = 0;
  readonly #pulls = { level: 0, unreachable: 0, refused: 0, timeout: 0, other: 0 };
  /** Announced heads that are not here, and since when there are any. */
  #behind: { readonly since: Instant; readonly heads: readonly CommandId[] } | undefined;
  #levelAt: Instant;
  #lastSuccess: number | undefined;
  #lastError: SyncPeerInfo["lastError"];
  #lastFailureIsNoProgress = false;

  constructor(host: PeerHost, target: PullTarget, rateMs: number, service: PeerService) {
    this.#host = host;
    this.#service = service;
    this.#levelAt = host.clock.now();
    this.target = { ...target, traffic: { bytesIn: 0, bytesOut: 0, received: 0, receivedAt: undefined } };
    this.rateMs = rateMs;
    this.#schedule(0);
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** The last pull failed because it brought nothing new or took too long. */
  get isWithoutProgress(): boolean {
    return this.#failures > 0 && this.#lastFailureIsNoProgress;
  }

  /** Since when announced heads have been missing here; undefined where none are. */
  get behindSince(): Instant | undefined {
    return this.#lookBehind()?.since;
  }

  figures(): PeerFigures {
    const now = this.#host.clock.now();
    const behind = this.#lookBehind();
    return {
      target: this.target,
      ageMs: now - this.#levelAt,
      failures: this.#failures,
      behindForMs: behind === undefined ? 0 : now - behind.since,
      headsMissing: behind?.heads.length ?? 0,
      pulls: this.#pulls,
      traffic: this.target.traffic,
    };
  }

  info(): SyncPeerInfo {
    const { address, teamId, expectedDeviceId } = this.target;
    const behind = this.#lookBehind();
    return {
      address: formatAddress(address),
      teamId,
      rateMs: this.rateMs,
      ...(expectedDeviceId !== undefined && { expectedDeviceId }),
      ...(this.#lastSuccess !== undefined && { lastSuccess: this.#lastSuccess }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
      ...(this.#failures > 0 && { failures: this.#failures }),
      ...(behind !== undefined && {
        behind: true,
        behindForMs: Math.round(this.#host.clock.now() - behind.since),
        headsMissing: behind.heads.length,
      }),
    };
  }

  /** Pulls after the pull that runs, if any. Rejects with the signal's reason as soon as it is aborted. */
  pull(signal: AbortSignal): Promise<Pulled> {
    return this.#turns.take(signal);
  }

  failed(error: AranyaError): void {
    this.#failures++;
    const { code } = error;
    this.#pulls[code in OUTCOMES ? OUTCOMES[code as keyof typeof OUTCOMES] : "other"]++;
    this.#lastFailureIsNoProgress = code === "Timeout" || error.fields["reason"] === "no-progress";
    this.#report(error);
    this.#service.attempted(this, false);
  }

  #report({ code, message }: AranyaError): void {
    const reason = effectReason(message);
    this.#lastError = { code, reason, at: Date.now() };
    if (this.#failures > 1) return;
    const { teamId } = this.target;
    const address = formatAddress(this.target.address);
    this.#host.log.warn({ teamId, address, code, reason }, "sync failed");
    this.#host.tell({ type: "syncFailed", teamId, address, code, reason });
  }

  /** A running pull goes on while somebody else waits for it. */
  stop(reason: AranyaError): void {
    clearTimeout(this.#timer);
    this.#stop.abort(reason);
    if (this.#turns.isIdle) this.#connection?.close();
  }

  settled(): Promise<void> {
    return this.#turns.settled();
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    const dueAt = this.#host.clock.now() + delayMs;
    this.#timer = setTimeout(() => {
      this.#host.loop?.ran(this.#host.clock.now() - dueAt);
      void this.#poll();
    }, delayMs);
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stop;
    clearTimeout(this.#timer);
    try {
      await this.#turns.take(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof AranyaError)) throw error;
    }
    if (signal.aborted) return;
    if (this.#connection?.isOpen !== true && this.#returns > 0) this.#returns++;
    this.#schedule(this.#delay());
  }

  #delay(): number {
    const { entropy } = this.#host;
    const next = pollDelayMs(this.rateMs, this.#failures, entropy);
    if (this.#returns === 0) return next;
    // Doubled each time, so it soon exceeds the delay by the rate.
    return Math.min(next, pollDelayMs(LIMITS.syncReturnMs, this.#returns - 1, entropy));
  }

  async #pull(signal: AbortSignal): Promise<Pulled> {
    try {
      const pulled = (await this.#pullOnOpenConnection(signal)) ?? (await this.#pullAnew(signal));
      this.#succeeded(pulled);
      this.#stayConnected();
      return pulled;
    } catch (error) {
      // That nobody waits any more says nothing about the peer.
      if (!signal.aborted && error instanceof AranyaError) this.failed(error);
      throw error;
    }
  }

  /** Undefined where no connection is open, or it turns out to be lost, perhaps because the peer was restarted. */
  async #pullOnOpenConnection(signal: AbortSignal): Promise<Pulled | undefined> {
    if (this.#connection?.isOpen !== true) return undefined;
    try {
      const pulled = await this.#connection.pull(signal);
      this.#helloFailures = 0;
      this.#returns = 0;
      return pulled;
    } catch (error) {
      this.#connection = undefined;
      if (signal.aborted || !(error instanceof AranyaError)) throw error;
      if (error.code === "PeerUnreachable") return undefined;
      this.#doWithoutHello();
      throw error;
    }
  }

  async #pullAnew(signal: AbortSignal): Promise<Pulled> {
    const connection = await PeerConnection.open(this.#host, this.target, signal);
    const pulled = await connection.pull(signal);
    this.#connection = connection;
    return pulled;
  }

  #stayConnected(): void {
    const connection = this.#connection!;
    if (this.#stop.signal.aborted) {
      connection.close();
    } else if (connection.isSubscribed) {
      return;
    } else if (!this.#service.wantsHello()) {
      connection.close();
    } else if (this.#pullsWithoutHello > 0) {
      this.#pullsWithoutHello--;
      connection.close();
    } else {
      connection.subscribe({ news: () => this.#news(), ended: (error) => this.#helloEnded(error) });
    }
  }

  #news(): void {
    this.#lookBehind();
    void this.#poll();
  }

  /** The connection ended between two pulls. The next pull comes soon; later than usual where the peer is to blame (`error`). */
  #helloEnded(error: AranyaError | undefined): void {
    this.#connection = undefined;
    if (error === undefined) {
      this.#returns++;
    } else {
      this.#doWithoutHello();
      this.failed(error);
    }
    this.#schedule(this.#delay());
  }

  /** Heads announced on a connection that is gone still count as missing, unless they came from elsewhere. */
  #lookBehind(): { readonly since: Instant; readonly heads: readonly CommandId[] } | undefined {
    const { teams, clock } = this.#host;
    const announced = this.#connection?.missingHeads ?? [];
    const heads = announced.length > 0 ? announced : this.#stillMissing(teams);
    this.#behind = heads.length === 0 ? undefined : { since: this.#behind?.since ?? clock.now(), heads };
    return this.#behind;
  }

  #stillMissing(teams: PeerHost["teams"]): readonly CommandId[] {
    const { teamId } = this.target;
    if (this.#behind === undefined || !teams.has(teamId)) return [];
    const { source } = teams.get(teamId);
    return this.#behind.heads.filter((id) => !source.isKnown(id));
  }

  #doWithoutHello(): void {
    this.#helloFailures = Math.min(this.#helloFailures + 1, HELLO_DOUBLINGS_MAX);
    this.#pullsWithoutHello = 2 ** this.#helloFailures - 1;
  }

  #succeeded({ deviceId, ...counts }: Pulled): void {
    const { received, accepted, recalled } = counts;
    const { teamId } = this.target;
    const address = formatAddress(this.target.address);
    this.#host.log.debug({ teamId, address, deviceId, ...counts }, "synced");
    const recovered = this.#failures > 0;
    this.#failures = 0;
    this.#pulls.level++;
    this.#levelAt = this.#host.clock.now();
    this.#lastSuccess = Date.now();
    this.#lastError = undefined;
    // All that was announced before came with this pull; what is announced during it is for the next.
    this.#behind = undefined;
    this.#service.attempted(this, true);
    if (received === 0 && !recovered) return;
    this.#host.tell({ type: "syncSucceeded", teamId, address, received, accepted, recalled });
  }
}
