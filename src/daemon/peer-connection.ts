/**
 * A connection to one address, for pulls of one team, one after the other, and for hello between them. Admits page by page,
 * and keeps the peer only if, by the graph after each pull, it is a member. Throws public errors only.
 */
import { formatAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError, DecodeError, TransportError } from "../base/errors.ts";
import type { CommandId, DeviceId, TeamId } from "../base/ids.ts";
import type { Clock, Instant } from "../base/time.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { deviceIdOf } from "../crypto/key-bundle.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { unlessAborted } from "../io/abort.ts";
import type { AddressBook } from "../io/resolve.ts";
import { connectTls } from "../io/tls.ts";
import type { TlsPeer } from "../io/tls.ts";
import { Requester } from "../sync/requester.ts";
import type { RequesterInput, RequesterOutput } from "../sync/requester.ts";
import type { Admitted } from "../team/admitted.ts";
import type { Team } from "../team/team.ts";
import type { Auditor } from "./audit-trail.ts";
import { auditPull, auditRefusedPull } from "./audited-sync.ts";
import { CoreTimer } from "./core-timer.ts";
import { LoopTurns } from "./loop-turns.ts";
import { isNotUnderstood } from "./not-understood.ts";
import type { Judging } from "./judging.ts";
import type { Teams } from "./teams.ts";

/** What pulls of one target moved, whether they succeeded or not. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
  /** Commands that were new here, and when the last of them came. */
  received: number;
  receivedAt: Instant | undefined;
}

export interface PullTarget {
  readonly address: Address;
  readonly teamId: TeamId;
  /** Counts are added here. */
  readonly traffic?: Traffic;
  /** The only device accepted there. */
  readonly expectedDeviceId?: DeviceId | undefined;
}

export interface HelloListener {
  /** Heads were announced that are not here. */
  news(): void;
  /** The connection ended between two pulls. `error` is there where the peer is to blame. */
  ended(error: AranyaError | undefined): void;
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
  readonly judging: Judging;
  readonly addresses: AddressBook;
  readonly audit?: Auditor | undefined;
  keys(): DeviceKeys;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** At once, and one command more. */
const ADMITTING_MS_MAX = 50;
/** Of all connections: there is one event loop. */
const ADMITTING_TURNS = new LoopTurns();
/** Of those a name stands for. */
const ADDRESSES_TRIED_MAX = 4;

export class PeerConnection {
  readonly deviceId: DeviceId;
  readonly #puller: Puller;
  readonly #target: PullTarget;
  readonly #peer: TlsPeer;
  readonly #team: Team;
  #requester: Requester | undefined;
  #counts = { ...NOTHING };
  readonly #timer: CoreTimer;
  #isOpen = true;
  /** Why the last page was not taken. */
  #rejection: DecodeError | undefined;
  /** The pull that runs. */
  #pulling: { resolve(): void; reject(error: unknown): void } | undefined;
  #listener: HelloListener | undefined;

  private constructor(puller: Puller, target: PullTarget, peer: TlsPeer, team: Team) {
    this.deviceId = deviceIdOf(puller.suite, peer.peerIdentityKey);
    this.#puller = puller;
    this.#target = target;
    this.#peer = peer;
    this.#team = team;
    this.#timer = new CoreTimer(puller.clock, () => this.#input({ type: "timeout" }));
  }

  /** Connects and checks who answers. Throws the signal's reason once it is aborted. */
  static async open(puller: Puller, target: PullTarget, signal: AbortSignal): Promise<PeerConnection> {
    const { teamId, expectedDeviceId } = target;
    puller.teams.get(teamId);
    const peer = await connect(puller, target, signal);
    try {
      const deviceId = deviceIdOf(puller.suite, peer.peerIdentityKey);
      if (expectedDeviceId !== undefined && expectedDeviceId !== deviceId) {
        throw refused(target, "another device than the expected one answers there", { deviceId });
      }
      // This device itself, by its own address or through somebody who echoes: being level with itself means nothing.
      if (deviceId === puller.keys().deviceId) {
        throw refused(target, "this device itself answers there", { deviceId });
      }
      signal.throwIfAborted();
      return new PeerConnection(puller, target, peer, puller.teams.get(teamId));
    } catch (error) {
      peer.destroy();
      auditRefusedPull(puller.audit, target, error, deviceIdOf(puller.suite, peer.peerIdentityKey));
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isSubscribed(): boolean {
    return this.#listener !== undefined;
  }

  /** Heads that were announced on this connection and are not here. */
  get missingHeads(): readonly CommandId[] {
    return this.#isOpen ? (this.#requester?.missingHeads ?? []) : [];
  }

  /** Pulls until level with a member; otherwise throws and closes the connection. One pull at a time. */
  async pull(signal: AbortSignal): Promise<Pulled> {
    const abort = (): void => this.#pulling?.reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#pulling = { resolve, reject };
        signal.throwIfAborted();
        this.#ask();
      });
      await this.#judge(signal);
      this.#checkLevel();
      const counts = this.#counts;
      this.#counts = { ...NOTHING };
      auditPull(this.#puller.audit, this.#target, this.deviceId);
      return { deviceId: this.deviceId, ...counts };
    } catch (error) {
      this.close();
      auditRefusedPull(this.#puller.audit, this.#target, error, this.deviceId);
      // Not before it is due: otherwise a peer that fails its pulls would have each of its commands judged at once.
      this.#puller.judging.judgeSoon(this.#team);
      throw error;
    } finally {
      this.#pulling = undefined;
      signal.removeEventListener("abort", abort);
    }
  }

  /** Subscribes to hello. Once, after a pull. */
  subscribe(listener: HelloListener): void {
    this.#listener = listener;
    this.#input({ type: "subscribe" });
  }

  close(): void {
    this.#isOpen = false;
    this.#timer.clear();
    this.#peer.destroy();
  }

  #ask(): void {
    if (!this.#isOpen) throw failure(this.#target, "closed", undefined);
    if (this.#requester !== undefined) {
      this.#input({ type: "pull" });
      return;
    }
    const { source, teamId } = this.#team;
    this.#requester = new Requester({ source, teamId, now: this.#puller.clock.now() });
    this.#peer.onClose(() => this.#input({ type: "closed" }));
    this.#peer.onData((bytes) => {
      this.#counts.bytesIn += bytes.length;
      if (this.#target.traffic !== undefined) this.#target.traffic.bytesIn += bytes.length;
      this.#input({ type: "bytes", bytes });
    });
    this.#drain(this.#requester);
  }

  /** Judges what is left once that is due. A peer whose commands are expensive to judge is not asked again before. */
  async #judge(signal: AbortSignal): Promise<void> {
    const { judging } = this.#puller;
    while (!this.#team.isJudged && judging.restMs(this.#team) > 0) {
      const restMs = judging.restMs(this.#team);
      await unlessAborted(new Promise((done) => setTimeout(done, restMs)), signal);
    }
    this.#count(judging.judge(this.#team));
  }

  #count({ accepted, recalled }: Admitted): void {
    this.#counts.accepted += accepted;
    this.#counts.recalled += recalled;
  }

  #checkLevel(): void {
    const { teams } = this.#puller;
    const { teamId, address } = this.#target;
    if (!teams.isMember(teamId, this.deviceId)) {
      throw new AranyaError("NotAMember", "the device that answers there is not a member of the team", {
        teamId,
        deviceId: this.deviceId,
        address: formatAddress(address),
      });
    }
    teams.markLevel(this.#team, teams.isMember(teamId, this.#puller.keys().deviceId));
  }

  #input(input: RequesterInput): void {
    if (!this.#isOpen) return;
    this.#requester!.handle(input, this.#puller.clock.now());
    this.#drain(this.#requester!);
  }

  /** `first`: a step that may put something there. */
  #drain(requester: Requester, first?: () => void): void {
    try {
      first?.();
      for (let output = requester.poll(); output !== undefined; output = requester.poll())
        this.#act(output, requester);
    } catch (error) {
      if (this.#pulling === undefined) throw error;
      this.#pulling.reject(error);
      return;
    }
    this.#timer.set(this.#isOpen ? requester.nextTimeout() : undefined);
  }

  #act(output: RequesterOutput, requester: Requester): void {
    switch (output.type) {
      case "transmit":
        this.#counts.bytesOut += output.bytes.length;
        if (this.#target.traffic !== undefined) this.#target.traffic.bytesOut += output.bytes.length;
        this.#peer.write(output.bytes);
        return;
      case "commands":
        if (ADMITTING_TURNS.isIdle) this.#admit(output.commands, requester);
        else this.#admitInTurn(output.commands, requester, 0);
        return;
      case "done":
        this.#pulling?.resolve();
        return;
      case "news":
        this.#listener?.news();
        return;
      case "refused":
        this.#end(refused(this.#target, output.reason));
        return;
      case "unsubscribed":
        // The peer has no room for hello, but still answers pulls.
        this.#end(
          output.reason === "busy"
            ? failure(this.#target, "closed", undefined)
            : refused(this.#target, output.reason),
        );
        return;
      case "failed":
        this.#end(
          this.#rejection === undefined
            ? failure(this.#target, output.code, output.detail)
            : rejected(this.#target, this.#rejection),
        );
    }
  }

  #end(error: AranyaError): void {
    if (this.#pulling !== undefined) {
      this.#pulling.reject(error);
      return;
    }
    this.close();
    auditRefusedPull(this.#puller.audit, this.#target, error, this.deviceId);
    this.#listener?.ended(error.code === "PeerUnreachable" ? undefined : error);
  }

  #admitInTurn(commands: readonly Uint8Array[], requester: Requester, before: number): void {
    ADMITTING_TURNS.take(() => {
      if (this.#isOpen) this.#drain(requester, () => this.#admit(commands, requester, before));
    });
  }

  /**
   * A page takes as long as it takes to look below each of its commands, and a member may make that long: others have their turn
   * in between. `before`: how many of the page were new so far.
   */
  #admit(commands: readonly Uint8Array[], requester: Requester, before = 0): void {
    const { clock, judging, teams } = this.#puller;
    const now = clock.now();
    const { traffic } = this.#target;
    try {
      const isTimeUp = (): boolean => clock.now() - now > ADMITTING_MS_MAX;
      const { added, rest } = teams.takeSome(this.#team, commands, isTimeUp);
      this.#counts.received += added;
      if (traffic !== undefined && added > 0) {
        traffic.received += added;
        traffic.receivedAt = now;
      }
      if (rest.length > 0) {
        this.#admitInTurn(rest, requester, before + added);
        return;
      }
      this.#count(judging.judgeIfDue(this.#team));
      requester.handle({ type: "admitted", added: before + added }, clock.now());
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#rejection = error;
      requester.handle({ type: "rejected", code: error.code }, now);
    }
  }
}

const NOTHING = { received: 0, accepted: 0, recalled: 0, bytesIn: 0, bytesOut: 0 };

async function connect(puller: Puller, target: PullTarget, signal: AbortSignal): Promise<TlsPeer> {
  const { address, teamId } = target;
  try {
    const hosts = await unlessAborted(puller.addresses.resolve(address.host), signal);
    return await connectToFirst(hosts.slice(0, ADDRESSES_TRIED_MAX), (host) =>
      connectTls({ host, port: address.port, keys: puller.keys(), timeoutMs: CONNECT_TIMEOUT_MS, signal }),
    );
  } catch (cause) {
    signal.throwIfAborted();
    if (!(cause instanceof TransportError)) throw cause;
    auditRefusedPull(puller.audit, target, cause);
    throw new AranyaError(
      "PeerUnreachable",
      `${formatAddress(address)} cannot be reached: ${cause.message}`,
      { teamId, address: formatAddress(address), reason: cause.code },
      { cause },
    );
  }
}

/** Tries one after the other until one answers: a name may stand for several hosts, of which some are gone. */
async function connectToFirst(
  hosts: readonly string[],
  connectTo: (host: string) => Promise<TlsPeer>,
): Promise<TlsPeer> {
  let failure = new TransportError("no-address", "the name has no IPv4 address");
  for (const host of hosts) {
    try {
      return await connectTo(host);
    } catch (error) {
      if (!(error instanceof TransportError) || error.code === "aborted") throw error;
      failure = error;
    }
  }
  throw failure;
}

function refused(target: PullTarget, reason: string, more: Record<string, string> = {}): AranyaError {
  const { teamId, address } = target;
  const where = formatAddress(address);
  return new AranyaError("PeerRefused", `${where} did not serve the team: ${reason}`, {
    teamId,
    address: where,
    reason,
    ...more,
  });
}

/** The error for a page with a command that is malformed or not of this team. */
function rejected(target: PullTarget, error: DecodeError): AranyaError {
  const { teamId } = target;
  const address = formatAddress(target.address);
  const { code: reason, message } = error;
  return isNotUnderstood(error)
    ? new AranyaError(
        "UnknownPolicy",
        `${address} sent a command this daemon does not understand, and nothing after it is taken: ${message}`,
        { teamId, address, reason },
        { cause: error },
      )
    : new AranyaError(
        "PeerRefused",
        `${address} sent a command that was refused: ${message}`,
        { teamId, address, reason },
        { cause: error },
      );
}

function failure(target: PullTarget, code: string, detail: string | undefined): AranyaError {
  const { teamId } = target;
  const address = formatAddress(target.address);
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
