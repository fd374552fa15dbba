/** The other side of sync: serves members of a team that ask, and tells those that subscribed when it has changed. */
import type { Address } from "../base/address.ts";
import { toHex } from "../base/bytes.ts";
import type { DeviceId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { deviceIdOf } from "../crypto/key-bundle.ts";
import type { CommandSource } from "../graph/source.ts";
import type { Place } from "../io/inbound-places.ts";
import { listenTls } from "../io/tls.ts";
import type { TlsListener, TlsPeer, TlsRejection } from "../io/tls.ts";
import { KEYS } from "../policy/default/tables.ts";
import { Responder } from "../sync/responder.ts";
import type { ResponderFault, ResponderInput } from "../sync/responder.ts";
import type { Refusal } from "../sync/wire.ts";
import { auditServed, auditStranger } from "./audited-sync.ts";
import { CoreTimer } from "./core-timer.ts";
import type { Logger } from "./log.ts";
import type { Puller } from "./peer-connection.ts";

export interface SyncServerOptions extends Omit<Puller, "judging"> {
  readonly entropy: Entropy;
  readonly log: Logger;
}

/** Of the reasons there are on the wire, those that this side gives. */
type Refused = Exclude<Refusal, "version" | "policy">;

/** For metrics. The first two are as of now, the others since the start. */
export interface ServerFigures {
  readonly connections: number;
  readonly subscribers: number;
  /** Connections that failed before they were peers, by reason. */
  readonly rejected: Readonly<Record<TlsRejection, number>>;
  /** Requests that were refused, by reason. */
  readonly refused: Readonly<Record<Refused, number>>;
  /** Connections that this side closed, by reason. */
  readonly closed: Readonly<Record<ResponderFault, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

class Counts {
  readonly rejected: Record<TlsRejection, number> = {
    "no-certificate": 0,
    "wrong-key": 0,
    "wrong-alpn": 0,
    "handshake-failed": 0,
    "handshake-timeout": 0,
    displaced: 0,
    "too-many-connections": 0,
  };
  readonly refused: Record<Refused, number> = { "not-served": 0, removed: 0, busy: 0 };
  readonly closed: Record<ResponderFault, number> = {
    "bad-message": 0,
    "unexpected-message": 0,
    pipelined: 0,
    version: 0,
    stranger: 0,
    idle: 0,
  };
  bytesIn = 0;
  bytesOut = 0;
}

export class SyncServer {
  readonly #options: SyncServerOptions;
  readonly #served = new Set<Served>();
  readonly #counts = new Counts();
  #listener: TlsListener | undefined;

  constructor(options: SyncServerOptions) {
    this.#options = options;
    options.teams.onCommit((teamId) => {
      const told = [...this.#served].filter(({ responder }) => responder.isToHearOf(teamId));
      for (const served of told) served.input({ type: "changed", teamId, subscribers: told.length });
    });
  }

  /** Where it listens, with the port the system picked; undefined while it does not. */
  get address(): Address | undefined {
    return this.#listener && { host: this.#listener.host, port: this.#listener.port };
  }

  figures(): ServerFigures {
    const subscribers = [...this.#served].filter(({ responder }) => responder.isSubscribed).length;
    const { rejected, refused, closed, bytesIn, bytesOut } = this.#counts;
    return {
      rejected,
      refused,
      closed,
      bytesIn,
      bytesOut,
      connections: this.#listener?.connectionCount ?? 0,
      subscribers,
    };
  }

  /** Throws `TransportError`. */
  async listen(address: Address): Promise<void> {
    this.#listener = await listenTls({
      host: address.host,
      port: address.port,
      keys: this.#options.keys(),
      onConnection: (peer, place) => this.#serve(peer, place),
      onRejected: (reason, from) => {
        this.#counts.rejected[reason]++;
        auditStranger(this.#options.audit, reason, from);
      },
    });
  }

  /** Stops listening and drops every connection. */
  async close(): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }

  #serve(peer: TlsPeer, place: Place): void {
    const { clock, entropy, suite } = this.#options;
    const deviceId = deviceIdOf(suite, peer.peerIdentityKey);
    const responder = new Responder({
      authorize: (teamId) => {
        const answer = this.#authorize(teamId, deviceId, peer);
        auditServed(this.#options.audit, teamId, deviceId, answer, peer.remoteAddress);
        return answer;
      },
      hasRoomFor: (teamId) => this.#hasRoomFor(teamId, deviceId),
      entropy,
      now: clock.now(),
    });
    const served = new Served(this.#options, this.#counts, peer, place, deviceId, responder);
    this.#served.add(served);
    peer.onClose(() => {
      this.#served.delete(served);
      served.close();
    });
    peer.onData((bytes) => {
      this.#counts.bytesIn += bytes.length;
      served.input({ type: "bytes", bytes });
    });
    served.drain();
  }

  /** Limits subscriptions, so that peers that only pull find places and no member takes those of others. */
  #hasRoomFor(teamId: TeamId, deviceId: DeviceId): boolean {
    const subscribers = [...this.#served].filter(({ responder }) => responder.isSubscribed);
    const same = subscribers.filter((s) => s.deviceId === deviceId && s.responder.isSubscribedTo(teamId));
    const hasRoom =
      subscribers.length < LIMITS.syncSubscribersMax && same.length < LIMITS.syncSubscribersPerDeviceMax;
    if (!hasRoom) this.#counts.refused.busy++;
    return hasRoom;
  }

  /** SYN-7: serves members only. A former member is told so; a stranger learns nothing, not even that the team is here. */
  #authorize(teamId: TeamId, deviceId: DeviceId, peer: TlsPeer): CommandSource | { refused: Refusal } {
    const { teams } = this.#options;
    if (!teams.has(teamId)) return this.#refuse("not-served");
    const team = teams.get(teamId);
    if (teams.isMember(teamId, deviceId)) return team.source;
    const wasMember = team.facts.get(KEYS, toHex(peer.peerIdentityKey))?.includes(deviceId) === true;
    return this.#refuse(wasMember ? "removed" : "not-served");
  }

  #refuse(refused: Refused): { refused: Refused } {
    this.#counts.refused[refused]++;
    return { refused };
  }
}

/** Hosts a `Responder` on a connection. */
class Served {
  readonly deviceId: DeviceId;
  readonly responder: Responder;
  readonly #options: SyncServerOptions;
  readonly #counts: Counts;
  readonly #peer: TlsPeer;
  readonly #place: Place;
  readonly #timer: CoreTimer;
  #wasSubscribed = false;
  #servedAt: Instant | undefined;

  constructor(
    options: SyncServerOptions,
    counts: Counts,
    peer: TlsPeer,
    place: Place,
    deviceId: DeviceId,
    responder: Responder,
  ) {
    this.#options = options;
    this.#counts = counts;
    this.#peer = peer;
    this.#place = place;
    this.deviceId = deviceId;
    this.responder = responder;
    this.#timer = new CoreTimer(options.clock, () => this.input({ type: "timeout" }));
  }

  input(input: ResponderInput): void {
    this.responder.handle(input, this.#options.clock.now());
    this.drain();
  }

  drain(): void {
    const { responder, deviceId } = this;
    for (let output = responder.poll(); output !== undefined; output = responder.poll()) {
      if (output.type === "transmit") {
        this.#counts.bytesOut += output.bytes.length;
        this.#peer.write(output.bytes);
      } else {
        const { code } = output;
        this.#counts.closed[code]++;
        this.#options.log.debug({ deviceId, from: this.#peer.remoteAddress, code }, "sync connection closed");
        this.#peer.end();
      }
    }
    this.#keepPlace();
    this.#timer.set(responder.nextTimeout());
  }

  close(): void {
    this.#timer.clear();
  }

  #keepPlace(): void {
    const { responder, deviceId } = this;
    const { isSubscribed, servedAt } = responder;
    if (isSubscribed === this.#wasSubscribed && servedAt === this.#servedAt) return;
    if (isSubscribed) this.#place.kept();
    else this.#place.served(deviceId);
    if (isSubscribed && !this.#wasSubscribed)
      this.#options.log.debug({ deviceId, from: this.#peer.remoteAddress }, "sync subscriber");
    this.#wasSubscribed = isSubscribed;
    this.#servedAt = servedAt;
  }
}
