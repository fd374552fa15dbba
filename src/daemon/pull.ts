/**
 * One pull of one team from one address: connects, asks, admits page by page, and goes on with the peer only if the graph,
 * as it is after the pull, says that it is a member. Errors are the public ones.
 */
import { formatAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError, DecodeError, TransportError } from "../base/errors.ts";
import type { DeviceId, TeamId } from "../base/ids.ts";
import type { Clock } from "../base/time.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { deviceIdOf } from "../crypto/key-bundle.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import type { AddressBook } from "../io/resolve.ts";
import { connectTls } from "../io/tls.ts";
import type { TlsPeer } from "../io/tls.ts";
import { Requester } from "../sync/requester.ts";
import type { RequesterOutput } from "../sync/requester.ts";
import type { Team } from "../team/team.ts";
import type { Teams } from "./teams.ts";

export interface PullOptions {
  readonly address: Address;
  readonly teamId: TeamId;
  /** The only device accepted there. */
  readonly expectedDeviceId?: DeviceId | undefined;
  /** Ends the pull; its reason is thrown. */
  readonly signal: AbortSignal;
}

export interface Pulled {
  readonly deviceId: DeviceId;
  readonly received: number;
  readonly accepted: number;
  readonly recalled: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Puller {
  readonly suite: CipherSuite;
  readonly clock: Clock;
  readonly teams: Teams;
  readonly addresses: AddressBook;
  keys(): DeviceKeys;
}

const CONNECT_TIMEOUT_MS = 10_000;

export async function pull(puller: Puller, options: PullOptions): Promise<Pulled> {
  const { teamId, signal } = options;
  puller.teams.get(teamId);
  const peer = await connect(puller, options);
  try {
    const deviceId = deviceIdOf(puller.suite, peer.peerIdentityKey);
    if (options.expectedDeviceId !== undefined && options.expectedDeviceId !== deviceId) {
      throw refused(options, "another device than the expected one answers there", { deviceId });
    }
    const own = puller.keys().deviceId;
    // By its own address, or through somebody who sends everything back: level with itself is no news of anybody.
    if (deviceId === own) throw refused(options, "this device itself answers there", { deviceId });
    signal.throwIfAborted();
    const team = puller.teams.get(teamId);
    const counts = await new PullSession(puller, options, peer, team).run();
    if (!puller.teams.isMember(teamId, deviceId)) {
      throw new AranyaError("NotAMember", "the device that answers there is not a member of the team", {
        teamId,
        deviceId,
        address: formatAddress(options.address),
      });
    }
    puller.teams.markLevel(team, puller.teams.isMember(teamId, own));
    return { deviceId, ...counts };
  } finally {
    peer.destroy();
  }
}

async function connect(puller: Puller, { address, teamId, signal }: PullOptions): Promise<TlsPeer> {
  try {
    const [host] = await unlessAborted(puller.addresses.resolve(address.host), signal);
    if (host === undefined) throw new TransportError("no-address", "the name has no IPv4 address");
    const { port } = address;
    return await connectTls({ host, port, keys: puller.keys(), timeoutMs: CONNECT_TIMEOUT_MS, signal });
  } catch (cause) {
    signal.throwIfAborted();
    if (!(cause instanceof TransportError)) throw cause;
    throw new AranyaError(
      "PeerUnreachable",
      `${formatAddress(address)} cannot be reached: ${cause.message}`,
      { teamId, address: formatAddress(address), reason: cause.code },
      { cause },
    );
  }
}

/** As `work` ends, or by the signal's reason as soon as that is there. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

type Counts = Omit<Pulled, "deviceId">;

/** Hosts a `Requester` on a connection. */
class PullSession {
  readonly #puller: Puller;
  readonly #options: PullOptions;
  readonly #peer: TlsPeer;
  readonly #team: Team;
  readonly #requester: Requester;
  readonly #counts = { received: 0, accepted: 0, recalled: 0, bytesIn: 0, bytesOut: 0 };
  #timer: NodeJS.Timeout | undefined;
  #settle!: { resolve(counts: Counts): void; reject(error: unknown): void };

  constructor(puller: Puller, options: PullOptions, peer: TlsPeer, team: Team) {
    this.#puller = puller;
    this.#options = options;
    this.#peer = peer;
    this.#team = team;
    const { source, teamId } = team;
    this.#requester = new Requester({ source, teamId, now: puller.clock.now() });
  }

  async run(): Promise<Counts> {
    const { signal } = this.#options;
    const abort = (): void => this.#settle.reject(signal.reason);
    try {
      return await new Promise<Counts>((resolve, reject) => {
        this.#settle = { resolve, reject };
        signal.addEventListener("abort", abort);
        this.#peer.onClose(() => this.#input({ type: "closed" }));
        this.#peer.onData((bytes) => {
          this.#counts.bytesIn += bytes.length;
          this.#input({ type: "bytes", bytes });
        });
        this.#drain();
      });
    } finally {
      clearTimeout(this.#timer);
      signal.removeEventListener("abort", abort);
    }
  }

  #input(input: Parameters<Requester["handle"]>[0]): void {
    this.#requester.handle(input, this.#puller.clock.now());
    this.#drain();
  }

  #drain(): void {
    try {
      for (let output = this.#requester.poll(); output !== undefined; output = this.#requester.poll())
        this.#act(output);
    } catch (error) {
      this.#settle.reject(error);
      return;
    }
    clearTimeout(this.#timer);
    const deadline = this.#requester.nextTimeout();
    if (deadline === undefined) return;
    const delay = Math.max(0, deadline - this.#puller.clock.now());
    this.#timer = setTimeout(() => this.#input({ type: "timeout" }), delay + 1);
  }

  #act(output: RequesterOutput): void {
    switch (output.type) {
      case "transmit":
        this.#counts.bytesOut += output.bytes.length;
        this.#peer.write(output.bytes);
        return;
      case "commands":
        this.#admit(output.commands);
        return;
      case "done":
        this.#settle.resolve(this.#counts);
        return;
      case "refused":
        throw refused(this.#options, output.reason);
      case "failed":
        throw failure(this.#options, output.code, output.detail);
    }
  }

  #admit(commands: readonly Uint8Array[]): void {
    const now = this.#puller.clock.now();
    try {
      const admitted = this.#puller.teams.admit(this.#team, commands);
      this.#counts.received += admitted.added;
      this.#counts.accepted += admitted.accepted;
      this.#counts.recalled += admitted.recalled;
      this.#requester.handle({ type: "admitted", added: admitted.added }, now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#requester.handle({ type: "rejected", code: error.code }, now);
    }
  }
}

function refused(options: PullOptions, reason: string, more: Record<string, string> = {}): AranyaError {
  const { teamId, address } = options;
  const where = formatAddress(address);
  return new AranyaError("PeerRefused", `${where} did not serve the team: ${reason}`, {
    teamId,
    address: where,
    reason,
    ...more,
  });
}

function failure(options: PullOptions, code: string, detail: string | undefined): AranyaError {
  const { teamId } = options;
  const address = formatAddress(options.address);
  const reason = detail === undefined ? code : `${code}: ${detail}`;
  switch (code) {
    case "closed":
      return new AranyaError("PeerUnreachable", `${address} closed the connection`, {
        teamId,
        address,
        reason,
      });
    case "page-timeout":
    case "pull-timeout":
      return new AranyaError("Timeout", `${address} was too slow (${reason})`, { teamId, address, reason });
    default:
      return new AranyaError("PeerRefused", `${address} does not sync as it should (${reason})`, {
        teamId,
        address,
        reason,
      });
  }
}
