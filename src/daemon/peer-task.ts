/**
 * One sync peer: a first pull at once, then at its rate, backing off with jitter while it fails. After a pull the connection
 * stays for hello: what the peer announces is pulled at once, on it. Lost, it is sought again soon. Where hello is not to be
 * had, polling goes on alone.
 */
import { formatAddress } from "../base/address.ts";
import { AranyaError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Entropy } from "../base/time.ts";
import { abortController } from "../io/abort.ts";
import type { Effect } from "../ipc/effect.ts";
import type { Result } from "../ipc/methods.ts";
import type { Logger } from "./log.ts";
import { pollDelayMs } from "./back-off.ts";
import { PeerConnection } from "./peer-connection.ts";
import type { Pulled, Puller, PullTarget } from "./peer-connection.ts";
import { PullTurns } from "./pull-turns.ts";

type SyncPeerInfo = Result<"syncPeers">[number];

export interface PeerHost extends Puller {
  readonly entropy: Entropy;
  readonly log: Logger;
  readonly tell: (effect: Effect) => void;
}

/** Of the pulls without hello. */
const DOUBLINGS_MAX = 16;

export class PeerTask {
  readonly target: PullTarget;
  readonly rateMs: number;
  readonly #host: PeerHost;
  readonly #wantsHello: () => boolean;
  readonly #turns = new PullTurns((signal) => this.#pull(signal));
  /** Ends with the peer. */
  readonly #stop = abortController();
  #connection: PeerConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** In a row, of a peer whose pulls go well and whose hello does not: it lies, or says what it should not. */
  #helloFailures = 0;
  /** Pulls to come without hello. */
  #pullsWithoutHello = 0;
  /** Attempts in a row to get a connection back that was lost while it stood for hello. */
  #returns = 0;
  #lastSuccess: number | undefined;
  #lastError: SyncPeerInfo["lastError"];

  constructor(host: PeerHost, target: PullTarget, rateMs: number, wantsHello: () => boolean) {
    this.#host = host;
    this.#wantsHello = wantsHello;
    this.target = target;
    this.rateMs = rateMs;
    this.#schedule(0);
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  info(): SyncPeerInfo {
    const { address, teamId, expectedDeviceId } = this.target;
    return {
      address: formatAddress(address),
      teamId,
      rateMs: this.rateMs,
      ...(expectedDeviceId !== undefined && { expectedDeviceId }),
      ...(this.#lastSuccess !== undefined && { lastSuccess: this.#lastSuccess }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
      ...(this.#failures > 0 && { failures: this.#failures }),
      ...(this.#connection?.isBehind === true && { behind: true }),
    };
  }

  /** Pulls after whatever runs; rejects at once by the signal's reason. */
  pull(signal: AbortSignal): Promise<Pulled> {
    return this.#turns.take(signal);
  }

  failed(error: AranyaError): void {
    this.#failures++;
    const { code, message } = error;
    const reason = message.slice(0, 256);
    this.#lastError = { code, reason, at: Date.now() };
    if (this.#failures > 1) return;
    const { teamId } = this.target;
    const address = formatAddress(this.target.address);
    this.#host.log.warn({ teamId, address, code, reason }, "sync failed");
    this.#host.tell({ type: "syncFailed", teamId, address, code, reason });
  }

  /** A pull that others wait for as well goes on. */
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
    this.#timer = setTimeout(() => void this.#poll(), delayMs);
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
    // Doubled each time, so that soon it is the rate that counts again.
    return Math.min(next, pollDelayMs(LIMITS.syncReturnMs, this.#returns - 1, entropy));
  }

  async #pull(signal: AbortSignal): Promise<Pulled> {
    try {
      const pulled = (await this.#pullOnOpenConnection(signal)) ?? (await this.#pullAnew(signal));
      this.#succeeded(pulled);
      this.#stayConnected();
      return pulled;
    } catch (error) {
      // Who stopped waiting says nothing about the peer.
      if (!signal.aborted && error instanceof AranyaError) this.failed(error);
      throw error;
    }
  }

  /** Undefined where there is none, or none any more: perhaps the peer was started again. */
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
    } else if (!this.#wantsHello()) {
      connection.close();
    } else if (this.#pullsWithoutHello > 0) {
      this.#pullsWithoutHello--;
      connection.close();
    } else {
      connection.subscribe({ news: () => void this.#poll(), ended: (error) => this.#helloEnded(error) });
    }
  }

  /** Between two pulls. The next is soon where the connection was lost, later than usual where the peer is to blame. */
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

  #doWithoutHello(): void {
    this.#helloFailures = Math.min(this.#helloFailures + 1, DOUBLINGS_MAX);
    this.#pullsWithoutHello = 2 ** this.#helloFailures - 1;
  }

  #succeeded({ deviceId, ...counts }: Pulled): void {
    const { received, accepted, recalled } = counts;
    const { teamId } = this.target;
    const address = formatAddress(this.target.address);
    this.#host.log.debug({ teamId, address, deviceId, ...counts }, "synced");
    const recovered = this.#failures > 0;
    this.#failures = 0;
    this.#lastSuccess = Date.now();
    this.#lastError = undefined;
    if (received === 0 && !recovered) return;
    this.#host.tell({ type: "syncSucceeded", teamId, address, received, accepted, recalled });
  }
}
