/**
 * Sync peers, each with a task of its own: a first pull at once, then at its rate, backing off with jitter while it fails.
 * And the other side: serving members of a team that ask.
 */
import { formatAddress, parseAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError } from "../base/errors.ts";
import type { DeviceId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { toHex } from "../base/bytes.ts";
import type { Entropy } from "../base/time.ts";
import { deviceIdOf } from "../crypto/key-bundle.ts";
import type { CommandSource } from "../graph/source.ts";
import { abortController } from "../io/abort.ts";
import { listenTls } from "../io/tls.ts";
import type { TlsListener, TlsPeer } from "../io/tls.ts";
import type { Effect } from "../ipc/effect.ts";
import type { Result } from "../ipc/methods.ts";
import { KEYS } from "../policy/default/tables.ts";
import { Responder } from "../sync/responder.ts";
import type { Refusal } from "../sync/wire.ts";
import type { Logger } from "./log.ts";
import { pull, unlessAborted } from "./pull.ts";
import type { Puller } from "./pull.ts";

type SyncReport = Result<"syncNow">;
type SyncPeerInfo = Result<"syncPeers">[number];

export interface SyncServiceOptions extends Puller {
  readonly entropy: Entropy;
  readonly log: Logger;
  readonly tell: (effect: Effect) => void;
}

const BACK_OFF_MS_MAX = 5 * 60 * 1000;
/** How long a revocation waits for peers that were fine the last time. */
const REFRESH_TIMEOUT_MS = 2000;

interface Peer {
  readonly address: Address;
  readonly teamId: TeamId;
  rateMs: number;
  expectedDeviceId: DeviceId | undefined;
  timer: NodeJS.Timeout | undefined;
  failures: number;
  lastSuccess: number | undefined;
  lastError: SyncPeerInfo["lastError"];
  /** Ends with the peer. */
  readonly stop: AbortController;
}

export class SyncService {
  readonly #options: SyncServiceOptions;
  readonly #peers = new Map<string, Peer>();
  /** The last pull of each address and team: they go one after the other. */
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #stop = abortController();
  #listener: TlsListener | undefined;

  constructor(options: SyncServiceOptions) {
    this.#options = options;
  }

  /** Throws `TransportError`. */
  async listen(address: Address): Promise<void> {
    this.#listener = await listenTls({
      host: address.host,
      port: address.port,
      keys: this.#options.keys(),
      onConnection: (peer) => this.#serve(peer),
    });
  }

  async stopListening(): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }

  /** False when it is there with the same rate and expected device. */
  addPeer(addressText: string, teamId: TeamId, rateMs: number, expectedDeviceId?: DeviceId): boolean {
    this.#options.teams.get(teamId);
    const address = parseAddress(addressText)!;
    const key = peerKey(address, teamId);
    const known = this.#peers.get(key);
    if (known?.rateMs === rateMs && known.expectedDeviceId === expectedDeviceId) return false;
    if (known !== undefined) this.#drop(key, known);
    else if (this.#peers.size >= LIMITS.syncPeersMax) {
      const message = `at most ${LIMITS.syncPeersMax} sync peers; remove one first`;
      throw new AranyaError("LimitReached", message, { limit: "syncPeersMax", max: LIMITS.syncPeersMax });
    }
    const peer: Peer = {
      address,
      teamId,
      rateMs,
      expectedDeviceId,
      timer: undefined,
      failures: 0,
      lastSuccess: undefined,
      lastError: undefined,
      stop: new AbortController(),
    };
    this.#peers.set(key, peer);
    this.#schedule(peer, 0);
    return true;
  }

  removePeer(addressText: string, teamId: TeamId): boolean {
    this.#options.teams.get(teamId);
    const key = peerKey(parseAddress(addressText)!, teamId);
    const peer = this.#peers.get(key);
    if (peer === undefined) return false;
    this.#drop(key, peer);
    return true;
  }

  removeTeam(teamId: TeamId): void {
    for (const [key, peer] of this.#peers) if (peer.teamId === teamId) this.#drop(key, peer);
  }

  peers(): SyncPeerInfo[] {
    return [...this.#peers.values()].map((peer) => ({
      address: formatAddress(peer.address),
      teamId: peer.teamId,
      rateMs: peer.rateMs,
      ...(peer.expectedDeviceId !== undefined && { expectedDeviceId: peer.expectedDeviceId }),
      ...(peer.lastSuccess !== undefined && { lastSuccess: peer.lastSuccess }),
      ...(peer.lastError !== undefined && { lastError: peer.lastError }),
    }));
  }

  /** Pulls from an address now, after whatever runs there, and returns when level with it. */
  async syncNow(
    addressText: string,
    teamId: TeamId,
    options: { timeoutMs: number; expectedDeviceId?: DeviceId | undefined; signal: AbortSignal },
  ): Promise<SyncReport> {
    const team = this.#options.teams.get(teamId);
    const address = parseAddress(addressText)!;
    const peer = this.#peers.get(peerKey(address, teamId));
    const { signal, done } = withTimeout(options.timeoutMs, [options.signal, this.#stop.signal]);
    try {
      const expected = options.expectedDeviceId ?? peer?.expectedDeviceId;
      const { received, accepted, recalled } = await this.#pull(address, teamId, expected, signal);
      if (peer !== undefined) this.#succeeded(peer, { received, accepted, recalled });
      return { received, accepted, recalled, heads: team.heads().slice(0, LIMITS.syncHeadsMax) };
    } catch (error) {
      // Who stopped waiting says nothing about the peer.
      if (peer !== undefined && error instanceof AranyaError && !options.signal.aborted)
        this.#failed(peer, error);
      throw error;
    } finally {
      done();
    }
  }

  /** Before a revocation: what members that were reachable have meanwhile done, within a bounded time. */
  async refresh(teamId: TeamId): Promise<void> {
    const { signal, done } = withTimeout(REFRESH_TIMEOUT_MS, [this.#stop.signal]);
    const reachable = [...this.#peers.values()].filter(
      (peer) => peer.teamId === teamId && peer.failures === 0,
    );
    await Promise.allSettled(
      reachable.map((peer) => this.#pull(peer.address, teamId, peer.expectedDeviceId, signal)),
    );
    done();
  }

  async close(): Promise<void> {
    this.#stop.abort(stopped());
    for (const [key, peer] of this.#peers) this.#drop(key, peer);
    await this.stopListening();
    await Promise.allSettled(this.#running.values());
  }

  #drop(key: string, peer: Peer): void {
    clearTimeout(peer.timer);
    peer.stop.abort(stopped());
    this.#peers.delete(key);
  }

  #schedule(peer: Peer, delayMs: number): void {
    clearTimeout(peer.timer);
    peer.timer = setTimeout(() => void this.#poll(peer), delayMs);
  }

  async #poll(peer: Peer): Promise<void> {
    const { signal } = peer.stop;
    if (this.#stop.signal.aborted) return;
    try {
      const pulled = await this.#pull(peer.address, peer.teamId, peer.expectedDeviceId, signal);
      if (!signal.aborted) this.#succeeded(peer, pulled);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof AranyaError)) throw error;
      this.#failed(peer, error);
    }
    if (!signal.aborted) this.#schedule(peer, this.#delay(peer));
  }

  /** A tenth either way, so that daemons started together do not stay together. */
  #delay(peer: Peer): number {
    const backedOff = Math.min(peer.rateMs * 2 ** Math.min(peer.failures, 16), BACK_OFF_MS_MAX);
    const base = Math.max(peer.rateMs, backedOff);
    const random = this.#options.entropy.bytes(1)[0]! / 255;
    return Math.round(base * (0.9 + 0.2 * random));
  }

  async #pull(
    address: Address,
    teamId: TeamId,
    expectedDeviceId: DeviceId | undefined,
    signal: AbortSignal,
  ): ReturnType<typeof pull> {
    const key = peerKey(address, teamId);
    const before = this.#running.get(key);
    const run = (async () => {
      await unlessAborted(Promise.allSettled([before]), signal);
      return await pull(this.#options, { address, teamId, expectedDeviceId, signal });
    })();
    this.#running.set(key, run);
    try {
      const pulled = await run;
      const { deviceId, ...counts } = pulled;
      this.#options.log.debug({ teamId, address: formatAddress(address), deviceId, ...counts }, "synced");
      return pulled;
    } finally {
      if (this.#running.get(key) === run) this.#running.delete(key);
    }
  }

  #succeeded(peer: Peer, counts: { received: number; accepted: number; recalled: number }): void {
    const recovered = peer.failures > 0;
    peer.failures = 0;
    peer.lastSuccess = Date.now();
    peer.lastError = undefined;
    const { teamId } = peer;
    const { received, accepted, recalled } = counts;
    if (received === 0 && !recovered) return;
    this.#options.tell({
      type: "syncSucceeded",
      teamId,
      address: formatAddress(peer.address),
      received,
      accepted,
      recalled,
    });
  }

  #failed(peer: Peer, error: AranyaError): void {
    peer.failures++;
    const { code, message } = error;
    const reason = message.slice(0, 256);
    peer.lastError = { code, reason, at: Date.now() };
    if (peer.failures > 1) return;
    const { teamId } = peer;
    const address = formatAddress(peer.address);
    this.#options.log.warn({ teamId, address, code, reason }, "sync failed");
    this.#options.tell({ type: "syncFailed", teamId, address, code, reason });
  }

  #serve(peer: TlsPeer): void {
    const { clock, suite, log } = this.#options;
    const deviceId = deviceIdOf(suite, peer.peerIdentityKey);
    const responder = new Responder({
      authorize: (teamId) => this.#authorize(teamId, deviceId, peer),
      now: clock.now(),
    });
    let timer: NodeJS.Timeout | undefined;
    const drain = (): void => {
      for (let output = responder.poll(); output !== undefined; output = responder.poll()) {
        if (output.type === "transmit") {
          peer.write(output.bytes);
        } else {
          log.debug({ deviceId, from: peer.remoteAddress, code: output.code }, "sync connection closed");
          peer.end();
        }
      }
      clearTimeout(timer);
      const deadline = responder.nextTimeout();
      if (deadline === undefined) return;
      timer = setTimeout(
        () => {
          responder.handle({ type: "timeout" }, clock.now());
          drain();
        },
        Math.max(0, deadline - clock.now()) + 1,
      );
    };
    peer.onClose(() => clearTimeout(timer));
    peer.onData((bytes) => {
      responder.handle({ type: "bytes", bytes }, clock.now());
      drain();
    });
    drain();
  }

  /** SYN-7: members only; who was one is told so; anybody else learns nothing, not even that the team is here. */
  #authorize(teamId: TeamId, deviceId: DeviceId, peer: TlsPeer): CommandSource | { refused: Refusal } {
    const { teams } = this.#options;
    if (!teams.has(teamId)) return { refused: "not-served" };
    const team = teams.get(teamId);
    if (teams.isMember(teamId, deviceId)) return team.source;
    const wasMember = team.facts.get(KEYS, toHex(peer.peerIdentityKey))?.includes(deviceId) === true;
    return { refused: wasMember ? "removed" : "not-served" };
  }
}

function peerKey(address: Address, teamId: TeamId): string {
  return `${formatAddress(address)} ${teamId}`;
}

function stopped(): AranyaError {
  return new AranyaError("DaemonUnavailable", "the daemon is stopping, or the peer or team was removed");
}

/**
 * Aborts with the first of the signals, or at the time-out. Not by `AbortSignal.any`: on Node 20 a signal that outlives what
 * hangs on it keeps a trace of every one.
 */
function withTimeout(
  timeoutMs: number,
  signals: readonly AbortSignal[],
): { signal: AbortSignal; done: () => void } {
  const either = abortController();
  const timer = setTimeout(
    () => either.abort(new AranyaError("Timeout", `not done in ${timeoutMs} ms`, { timeoutMs })),
    timeoutMs,
  );
  const stops = signals.map((signal) => {
    const stop = (): void => either.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    return () => signal.removeEventListener("abort", stop);
  });
  const done = (): void => {
    clearTimeout(timer);
    for (const letGo of stops) letGo();
  };
  return { signal: either.signal, done };
}
