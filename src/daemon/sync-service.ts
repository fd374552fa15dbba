/** Sync as the daemon's clients see it: peers, each with a task of its own, pulls when asked for, and the listener. */
import { formatAddress, parseAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError } from "../base/errors.ts";
import type { DeviceId, TeamId } from "../base/ids.ts";
import { limitReached } from "../base/limit-reached.ts";
import { LIMITS } from "../base/limits.ts";
import { earliest, instant } from "../base/time.ts";
import type { Instant } from "../base/time.ts";
import { abortController } from "../io/abort.ts";
import type { SyncPeerInfo, SyncReport } from "../ipc/info.ts";
import { PeerConnection } from "./peer-connection.ts";
import type { Pulled, PullTarget } from "./peer-connection.ts";
import { PeerTask } from "./peer-task.ts";
import type { PeerFigures, PeerHost, PeerService } from "./peer-task.ts";
import { PullTurns } from "./pull-turns.ts";
import { SyncServer } from "./sync-server.ts";
import type { ServerFigures } from "./sync-server.ts";
import { SyncStall } from "./sync-stall.ts";
import type { PeersAtStall, Stall } from "./sync-stall.ts";

/** How long a revocation waits for a pull from the peers whose last pull succeeded. */
const REFRESH_TIMEOUT_MS = 2000;

/** For metrics. */
export interface SyncFigures {
  readonly peers: readonly PeerFigures[];
  /** Of teams with peers: since it was level with one of them, and whether it stands still. */
  readonly teams: ReadonlyMap<TeamId, { readonly ageMs: number; readonly stall: Stall | undefined }>;
  readonly server: ServerFigures;
}

export class SyncService {
  readonly #host: PeerHost;
  readonly #server: SyncServer;
  readonly #peers = new Map<string, PeerTask>();
  /** Pulls from addresses that are no peers. */
  readonly #others = new Map<string, PullTurns<Pulled>>();
  /** Of each team with peers. */
  readonly #stalls = new Map<TeamId, SyncStall>();
  readonly #stop = abortController();
  #wantsHello = true;
  readonly #service: PeerService = {
    wantsHello: () => this.#wantsHello,
    attempted: ({ target: { teamId } }, isLevel) => this.#attempted(teamId, isLevel),
  };

  constructor(host: PeerHost) {
    this.#host = host;
    this.#server = new SyncServer(host);
  }

  /** Whether to subscribe to hello from now on. Connections that are subscribed stay so. */
  useHello(hello: "on" | "off"): void {
    this.#wantsHello = hello === "on";
  }

  /** Where it listens, with the port the system picked; undefined while it does not. */
  get address(): Address | undefined {
    return this.#server.address;
  }

  /** Throws `TransportError`. */
  listen(address: Address): Promise<void> {
    return this.#server.listen(address);
  }

  stopListening(): Promise<void> {
    return this.#server.close();
  }

  /** False when it is there with the same rate and expected device. */
  addPeer(addressText: string, teamId: TeamId, rateMs: number, expectedDeviceId?: DeviceId): boolean {
    this.#host.teams.get(teamId);
    const address = parseAddress(addressText)!;
    const key = peerKey(address, teamId);
    const known = this.#peers.get(key);
    if (known?.rateMs === rateMs && known.target.expectedDeviceId === expectedDeviceId) return false;
    if (known !== undefined) known.stop(stopped());
    else if (this.#peers.size >= LIMITS.syncPeersMax) {
      const message = `at most ${LIMITS.syncPeersMax} sync peers; remove one first`;
      throw limitReached("syncPeersMax", message);
    }
    const target = { address, teamId, expectedDeviceId };
    if (!this.#stalls.has(teamId)) this.#stalls.set(teamId, new SyncStall(this.#host.clock.now()));
    this.#peers.set(key, new PeerTask(this.#host, target, rateMs, this.#service));
    return true;
  }

  removePeer(addressText: string, teamId: TeamId): boolean {
    this.#host.teams.get(teamId);
    const key = peerKey(parseAddress(addressText)!, teamId);
    this.#peers.get(key)?.stop(stopped());
    const wasThere = this.#peers.delete(key);
    this.#checkStall(teamId);
    return wasThere;
  }

  removeTeam(teamId: TeamId): void {
    for (const [key, peer] of this.#peers) {
      if (peer.target.teamId !== teamId) continue;
      peer.stop(stopped());
      this.#peers.delete(key);
    }
    this.#checkStall(teamId);
  }

  /** How long the sync of a team has stood still; undefined where it does not. */
  stalledForMs(teamId: TeamId): number | undefined {
    const now = this.#host.clock.now();
    const stall = this.#stalls.get(teamId)?.at(this.#peersAtStall(teamId), now);
    return stall && Math.round(now - stall.since);
  }

  figures(): SyncFigures {
    const now = this.#host.clock.now();
    const teams = new Map(
      [...this.#stalls].map(([teamId, watch]) => {
        const stall = watch.at(this.#peersAtStall(teamId), now);
        return [teamId, { ageMs: now - watch.levelAt, stall }];
      }),
    );
    const peers = [...this.#peers.values()].map((peer) => peer.figures());
    return { peers, teams, server: this.#server.figures() };
  }

  peers(): SyncPeerInfo[] {
    return [...this.#peers.values()].map((peer) => peer.info());
  }

  /** Pulls from an address, after the pull that runs there, if any. Resolves when level with it. */
  async syncNow(
    addressText: string,
    teamId: TeamId,
    options: { timeoutMs: number; expectedDeviceId?: DeviceId | undefined; signal: AbortSignal },
  ): Promise<SyncReport> {
    const team = this.#host.teams.get(teamId);
    const address = parseAddress(addressText)!;
    const peer = this.#peers.get(peerKey(address, teamId));
    const expectedDeviceId = options.expectedDeviceId ?? peer?.target.expectedDeviceId;
    const { signal, done } = withTimeout(options.timeoutMs, [options.signal, this.#stop.signal]);
    try {
      const { received, accepted, recalled } =
        peer !== undefined && peer.target.expectedDeviceId === expectedDeviceId
          ? await peer.pull(signal)
          : await this.#pullOnce({ address, teamId, expectedDeviceId }, signal);
      return { received, accepted, recalled, heads: team.heads().slice(0, LIMITS.syncHeadsMax) };
    } catch (error) {
      if (error instanceof AranyaError && error === signal.reason && error.code === "Timeout")
        peer?.failed(error);
      throw error;
    } finally {
      done();
    }
  }

  /** Before a revocation: pulls what reachable members have done meanwhile, within a bounded time. */
  async refresh(teamId: TeamId): Promise<void> {
    const { signal, done } = withTimeout(REFRESH_TIMEOUT_MS, [this.#stop.signal]);
    const reachable = [...this.#peers.values()].filter(
      (peer) => peer.target.teamId === teamId && !peer.isFailing,
    );
    await Promise.allSettled(reachable.map((peer) => peer.pull(signal)));
    done();
  }

  async close(): Promise<void> {
    this.#stop.abort(stopped());
    const pulls = [...this.#peers.values(), ...this.#others.values()];
    for (const peer of this.#peers.values()) peer.stop(stopped());
    this.#peers.clear();
    await this.stopListening();
    await Promise.all(pulls.map((each) => each.settled()));
  }

  #attempted(teamId: TeamId, isLevel: boolean): void {
    if (isLevel) this.#stalls.get(teamId)?.level(this.#host.clock.now());
    this.#checkStall(teamId);
  }

  /** Called after whatever may have changed it. The log and applications hear of each stall once, and of its end. */
  #checkStall(teamId: TeamId): void {
    const watch = this.#stalls.get(teamId);
    if (watch === undefined) return;
    const { log, tell, clock } = this.#host;
    const hasPeers = this.#peersOf(teamId).length > 0;
    const now = clock.now();
    const { began, ended } = watch.check(hasPeers ? this.#peersAtStall(teamId) : undefined, now) ?? {};
    if (!hasPeers) this.#stalls.delete(teamId);
    if (began !== undefined) {
      const { cause } = began;
      const forMs = Math.round(now - began.since);
      log.warn({ teamId, cause, forMs }, "sync stands still");
      tell({ type: "syncStalled", teamId, cause, forMs });
    }
    if (ended !== undefined) {
      const forMs = Math.round(now - ended.since);
      log.info({ teamId, forMs }, "sync goes on");
      tell({ type: "syncResumed", teamId, forMs });
    }
  }

  #peersOf(teamId: TeamId): PeerTask[] {
    return [...this.#peers.values()].filter((peer) => peer.target.teamId === teamId);
  }

  #peersAtStall(teamId: TeamId): PeersAtStall {
    const peers = this.#peersOf(teamId);
    const defined = (times: (Instant | undefined)[]): Instant[] => times.filter((t) => t !== undefined);
    const progress = defined(peers.map(({ target }) => target.traffic.receivedAt));
    return {
      rateMsMax: Math.max(...peers.map(({ rateMs }) => rateMs)),
      progressAt: progress.length === 0 ? undefined : instant(Math.max(...progress)),
      anyWithoutProgress: peers.some((peer) => peer.isWithoutProgress),
      behindSince: earliest(...peers.map((peer) => peer.behindSince)),
    };
  }

  async #pullOnce(target: PullTarget, signal: AbortSignal): Promise<Pulled> {
    const key = `${peerKey(target.address, target.teamId)} ${target.expectedDeviceId ?? ""}`;
    let turns = this.#others.get(key);
    if (turns === undefined) {
      turns = new PullTurns((ended) => pullAndClose(this.#host, target, ended));
      this.#others.set(key, turns);
    }
    try {
      return await turns.take(signal);
    } finally {
      void turns.settled().then(() => {
        if (this.#others.get(key)?.isIdle === true) this.#others.delete(key);
      });
    }
  }
}

async function pullAndClose(host: PeerHost, target: PullTarget, signal: AbortSignal): Promise<Pulled> {
  const connection = await PeerConnection.open(host, target, signal);
  try {
    const { deviceId, ...counts } = await connection.pull(signal);
    const { teamId } = target;
    host.log.debug({ teamId, address: formatAddress(target.address), deviceId, ...counts }, "synced");
    return { deviceId, ...counts };
  } finally {
    connection.close();
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
