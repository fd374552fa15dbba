/**
 * The channels of this daemon: what applications ask for, what peers ask for, and what the graph still allows.
 *
 *   application ── create, send, delete ──► ChannelService ──► AfcEndpoint ──► UDP
 *   application ◄── messages under credit ── ChannelService ◄── AfcEndpoint ◄── UDP
 *   Teams ── events ──► every channel they touch is closed at once, and the rest is judged again
 *
 * A channel belongs to the connection that made it; one that a peer opened to the first connection that listens.
 */
import { formatAddress, parseAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { equalBytes } from "../base/bytes.ts";
import { AranyaError, DecodeError, LimitError, TransportError } from "../base/errors.ts";
import { ID_BYTES, idFromBytes } from "../base/ids.ts";
import type { ChannelId, DeviceId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Clock, Entropy } from "../base/time.ts";
import { after } from "../base/time.ts";
import { AfcEndpoint, messageBytesMax } from "../afc/index.ts";
import type { AfcEvent, Delivery } from "../afc/index.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { hasAesInstructions } from "../io/cpu.ts";
import type { IpcConnection } from "../io/ipc-connection.ts";
import type { AddressBook } from "../io/resolve.ts";
import { UdpSocket } from "../io/udp.ts";
import type { DaemonConfig } from "../ipc/config.ts";
import type { Effect } from "../ipc/effect.ts";
import type { ChannelInfo, ChannelMeta } from "../ipc/info.ts";
import type { Params } from "../ipc/methods.ts";
import type { SendDataEvent } from "../ipc/server-session.ts";
import { encodeFields } from "../policy/default/operation.ts";
import { deviceOf, MEMBERS, membershipsOf, NAMES, rankOf } from "../policy/default/tables.ts";
import { canonicalName, errorFor } from "../team/actions.ts";
import type { TeamEvent } from "../team/events.ts";
import type { Team } from "../team/team.ts";
import { touches } from "./channel-bindings.ts";
import type { ChannelBinding } from "./channel-bindings.ts";
import {
  CLOSE_REASONS,
  describeClose,
  describeCloseByPeer,
  describeSilence,
  refusalCode,
  refusalReason,
} from "./channel-reasons.ts";
import type { CloseReason } from "./channel-reasons.ts";
import { decodeEphemeral, encodeEphemeral } from "./ephemeral-command.ts";
import type { EphemeralCommand } from "./ephemeral-command.ts";
import type { Logger } from "./log.ts";
import { MessageQueue } from "./message-queue.ts";
import { OutcomeTable } from "./outcome-table.ts";
import type { Teams } from "./teams.ts";

export interface ChannelServiceOptions {
  readonly suite: CipherSuite;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
  readonly teams: Teams;
  readonly addresses: AddressBook;
  keys(): DeviceKeys;
  readonly tell: (effect: Effect) => void;
}

interface Channel {
  readonly id: ChannelId;
  readonly handle: number;
  readonly binding: ChannelBinding;
  readonly delivery: Delivery;
  readonly direction: "outgoing" | "incoming";
  readonly owner: IpcConnection;
  readonly meta: ChannelMeta;
  /** Arrived, and not yet taken by the owner. */
  readonly inbox: MessageQueue;
  /** Being sent, or waiting to be. */
  readonly outcomes: OutcomeTable;
  state: "opening" | "open";
  /** Of an outgoing one, until it is open. */
  opening?: { resolve(id: ChannelId): void; reject(error: AranyaError): void };
}

/** Defaults of the settings of the same names. */
const ROTATE_AFTER_BYTES = 64 * 1024 * 1024;
const ROTATE_AFTER_DATAGRAMS = 2 ** 20;
const ROTATE_AFTER_MS = 10 * 60 * 1000;

export class ChannelService {
  readonly #options: ChannelServiceOptions;
  readonly #rotation = {
    rotateAfterBytes: ROTATE_AFTER_BYTES,
    rotateAfterDatagrams: ROTATE_AFTER_DATAGRAMS,
    rotateAfterMs: ROTATE_AFTER_MS,
  };
  readonly #channels = new Map<ChannelId, Channel>();
  readonly #byHandle = new Map<number, Channel>();
  /** Oldest first; so that an application learns what became of a channel it still names. */
  readonly #closed = new Map<ChannelId, string>();
  /** Connections that take incoming channels, first come first. */
  readonly #listeners = new Set<IpcConnection>();
  #socket: UdpSocket | undefined;
  #endpoint: AfcEndpoint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #drainPlanned = false;

  constructor(options: ChannelServiceOptions) {
    this.#options = options;
  }

  configure({ rotateAfterBytes, rotateAfterMs }: NonNullable<DaemonConfig["afc"]>): void {
    if (rotateAfterBytes !== undefined) this.#rotation.rotateAfterBytes = rotateAfterBytes;
    if (rotateAfterMs !== undefined) this.#rotation.rotateAfterMs = rotateAfterMs;
  }

  /** Throws `TransportError`. */
  async listen(address: Address): Promise<void> {
    const { suite, entropy } = this.#options;
    const keys = this.#options.keys();
    this.#socket = await UdpSocket.open(address, {
      onDatagram: (datagram, from) => {
        this.#endpoint?.handle(datagram, from, this.#options.clock.now());
        this.#planDrain();
      },
      onDrain: () => this.#planDrain(),
    });
    const ciphers = ["aes-256-gcm", "chacha20-poly1305"] as const;
    this.#endpoint = new AfcEndpoint({
      ...this.#rotation,
      suite,
      entropy,
      encryptionSecret: keys.encryptionSecret,
      deviceId: keys.deviceId,
      ciphers: hasAesInstructions() ? ciphers : [...ciphers].reverse(),
    });
  }

  /** True when this connection is the one that incoming channels go to. */
  listenFor(connection: IpcConnection): boolean {
    this.#listeners.add(connection);
    return [...this.#listeners][0] === connection;
  }

  async create(params: Params<"createChannel">, owner: IpcConnection): Promise<ChannelId> {
    const { teamId, label, delivery = "reliable", timeoutMs } = params;
    const keys = this.#options.keys();
    const team = this.#options.teams.synced(teamId);
    const endpoint = this.#running();
    const deadline = after(this.#options.clock.now(), timeoutMs);
    const netIdentifier = canonicalName(params.netIdentifier);
    const command = this.#draft(team, keys.deviceId, netIdentifier, label);
    const binding: ChannelBinding = {
      teamId,
      label,
      initiator: { deviceId: keys.deviceId, name: command.op.ownName },
      responder: { deviceId: command.op.target, name: netIdentifier },
      peerDeviceId: command.op.target,
    };
    const address = await this.#resolve(netIdentifier);
    // Resolving took time: it is judged by the graph as it is when the first datagram leaves.
    this.#judge(team, command);
    if (owner.signal.aborted) throw clientGone();
    const now = this.#options.clock.now();
    const handle = limited(() =>
      endpoint.connect(
        {
          peerEncryptionKey: deviceOf(team.facts, command.op.target)!.bundle.encryptionKey,
          peerDeviceId: command.op.target,
          address,
          payload: encodeEphemeral(command),
          delivery,
          timeoutMs: Math.max(0, deadline - now),
        },
        now,
      ),
    );
    return await new Promise<ChannelId>((resolve, reject) => {
      const channel = this.#add({ handle, binding, delivery, direction: "outgoing", owner });
      channel.opening = { resolve, reject };
      this.#drain();
    });
  }

  /** Throws `UnknownChannel`. */
  delete(teamId: TeamId, channelId: ChannelId, connection: IpcConnection): boolean {
    const channel = this.#owned(channelId, connection);
    if (channel.binding.teamId !== teamId) throw unknownChannel(channelId);
    this.#close(channel, "deleted");
    this.#drain();
    return true;
  }

  /** True once acknowledged (on an unreliable channel: sent), false at the time-out. */
  async send(message: SendDataEvent, connection: IpcConnection): Promise<boolean> {
    const channel = this.#owned(message.channelId, connection);
    if (channel.state !== "open") throw unknownChannel(message.channelId);
    if (message.bytes.length > messageBytesMax) {
      throw new AranyaError("MessageTooLarge", `a message has at most ${messageBytesMax} bytes`, {
        limit: messageBytesMax,
      });
    }
    const deadline = after(this.#options.clock.now(), message.timeoutMs);
    const outcome = channel.outcomes.send(message.bytes, deadline);
    this.#planDrain();
    return await outcome;
  }

  /** The owner has given credit: it gets what waited for it. */
  deliverTo(connection: IpcConnection): void {
    for (const channel of this.#channels.values()) if (channel.owner === connection) this.#deliver(channel);
    this.#planDrain();
  }

  list(): ChannelInfo[] {
    return [...this.#channels.values()].map(({ meta, binding, delivery, state, direction }) => ({
      ...meta,
      peerDeviceId: binding.peerDeviceId,
      delivery,
      state,
      direction,
    }));
  }

  connectionClosed(connection: IpcConnection): void {
    this.#listeners.delete(connection);
    for (const channel of [...this.#channels.values()]) {
      if (channel.owner === connection) this.#close(channel, "client-gone");
    }
    this.#drain();
  }

  closeTeam(teamId: TeamId): void {
    for (const channel of [...this.#channels.values()]) {
      if (channel.binding.teamId === teamId) this.#close(channel, "team-removed");
    }
    this.#drain();
  }

  /**
   * Every single event that takes something away closes what it touches, even where a later one gives it back: between the
   * two the channel had no right to be.
   */
  onTeamEvents(teamId: TeamId, events: readonly TeamEvent[]): void {
    for (const channel of [...this.#channels.values()]) {
      const { binding } = channel;
      if (binding.teamId !== teamId) continue;
      const isTouched = events.some((event) => touches(binding, event));
      if (isTouched || !this.#isAllowed(binding)) this.#close(channel, "not-authorised");
    }
    this.#drain();
  }

  async close(): Promise<void> {
    for (const channel of [...this.#channels.values()]) this.#close(channel, "daemon-stopping");
    this.#drain();
    clearTimeout(this.#timer);
    this.#endpoint = undefined;
    await this.#socket?.close();
  }

  #running(): AfcEndpoint {
    if (this.#endpoint !== undefined) return this.#endpoint;
    throw new AranyaError("NotReady", "the daemon was given no afc.listen: pass it in the configuration", {
      setting: "afc.listen",
    });
  }

  /** The ephemeral command to the device with that name. Throws what the policy, or the graph, has against it. */
  #draft(team: Team, author: DeviceId, netIdentifier: string, label: string): EphemeralCommand {
    const { teamId, facts } = team;
    const role = rankOf(facts, author);
    if (role === undefined) {
      throw new AranyaError("NotAMember", "this device is not a member of the team", {
        teamId,
        deviceId: author,
      });
    }
    const target = facts.get(NAMES, netIdentifier);
    if (target === undefined) {
      throw new AranyaError("UnknownName", "no device of the team has this network name", {
        teamId,
        netIdentifier,
      });
    }
    const ownName = deviceOf(facts, author)!.netIdentifier;
    if (ownName === undefined) {
      throw new AranyaError("UnknownName", "this device has no network name to call from", {
        teamId,
        deviceId: author,
      });
    }
    const op = { kind: "CreateChannel", target, targetName: netIdentifier, ownName, label } as const;
    const command = { teamId, author, role, op };
    this.#judge(team, command);
    return command;
  }

  #judge(team: Team, { author, role, op }: EphemeralCommand): void {
    const verdict = team.evaluate(author, { kind: op.kind, role, fields: encodeFields(op) });
    if (!verdict.accepted) throw errorFor(team.teamId, verdict.rejection);
  }

  /** AFC-8, AFC-9: by the facts as they are. */
  #isAllowed({ teamId, initiator, responder, label }: ChannelBinding): boolean {
    if (!this.#options.teams.has(teamId)) return false;
    const team = this.#options.teams.get(teamId);
    const op = {
      kind: "CreateChannel",
      target: responder.deviceId,
      targetName: responder.name,
      ownName: initiator.name,
      label,
    } as const;
    const role = rankOf(team.facts, initiator.deviceId) ?? 0;
    return team.evaluate(initiator.deviceId, { kind: op.kind, role, fields: encodeFields(op) }).accepted;
  }

  async #resolve(netIdentifier: string): Promise<Address> {
    const { host, port } = parseAddress(netIdentifier)!;
    try {
      const [first] = await this.#options.addresses.resolve(host);
      if (first !== undefined) return { host: first, port };
      throw new TransportError("no-address", "the name has no IPv4 address");
    } catch (cause) {
      if (!(cause instanceof TransportError)) throw cause;
      const message = `${netIdentifier} cannot be resolved: ${cause.message}`;
      throw new AranyaError("PeerUnreachable", message, { netIdentifier, reason: cause.code }, { cause });
    }
  }

  #add(parts: Pick<Channel, "handle" | "binding" | "delivery" | "direction" | "owner">): Channel {
    const { binding, handle, delivery } = parts;
    const id = idFromBytes<ChannelId>(this.#options.entropy.bytes(ID_BYTES));
    const remote =
      binding.peerDeviceId === binding.initiator.deviceId ? binding.initiator : binding.responder;
    const channel: Channel = {
      ...parts,
      id,
      meta: { channelId: id, teamId: binding.teamId, remoteNetIdentifier: remote.name, label: binding.label },
      inbox: new MessageQueue(delivery),
      outcomes: new OutcomeTable(
        (bytes, deadline) => this.#running().send(handle, bytes, deadline),
        this.#options.clock,
        delivery,
      ),
      state: "opening",
    };
    this.#channels.set(id, channel);
    this.#byHandle.set(handle, channel);
    return channel;
  }

  #owned(channelId: ChannelId, connection: IpcConnection): Channel {
    const channel = this.#channels.get(channelId);
    if (channel?.owner === connection) return channel;
    const reason = this.#closed.get(channelId);
    if (reason !== undefined) throw channelClosed(channelId, reason);
    throw unknownChannel(channelId);
  }

  #deliver(channel: Channel): void {
    let taken = 0;
    for (let bytes = channel.inbox.peek(); bytes !== undefined; bytes = channel.inbox.peek()) {
      if (!channel.owner.deliver(channel.meta, bytes)) break;
      channel.inbox.shift();
      taken++;
    }
    if (taken > 0) this.#endpoint?.consumed(channel.handle, taken);
  }

  /** By us: the peer is told. */
  #close(channel: Channel, reason: CloseReason): void {
    this.#endpoint?.close(channel.handle, CLOSE_REASONS[reason], this.#options.clock.now());
    this.#gone(channel, describeClose(reason));
  }

  /** The channel is no more; everybody who waits for it is told why. */
  #gone(channel: Channel, reason: string): void {
    const { id, binding, opening, owner, handle } = channel;
    this.#channels.delete(id);
    this.#byHandle.delete(handle);
    this.#closed.set(id, reason);
    if (this.#closed.size > LIMITS.channelsRememberedMax)
      this.#closed.delete(this.#closed.keys().next().value!);
    channel.outcomes.fail(channelClosed(id, reason));
    this.#deliver(channel);
    owner.channelGone(id);
    if (opening !== undefined) opening.reject(channelClosed(id, reason));
    if (channel.state === "open") {
      this.#options.tell({ type: "channelClosed", teamId: binding.teamId, channelId: id, reason });
      this.#options.log.debug({ channelId: id, reason }, "channel closed");
    }
  }

  /** After everything that came in this turn of the loop. */
  #planDrain(): void {
    if (this.#drainPlanned) return;
    this.#drainPlanned = true;
    setImmediate(() => {
      this.#drainPlanned = false;
      this.#drain();
    });
  }

  #drain(): void {
    const endpoint = this.#endpoint;
    const socket = this.#socket;
    if (endpoint === undefined || socket === undefined) return;
    for (
      let next = endpoint.poll(this.#options.clock.now());
      next !== undefined;
      next = endpoint.poll(this.#options.clock.now())
    ) {
      if (next.kind !== "transmit") this.#onEvent(next);
      else if (!socket.send(next.datagram, next.to)) return; // goes on when the kernel has taken what waits
    }
    clearTimeout(this.#timer);
    const dueAt = endpoint.nextTimeout();
    if (dueAt === undefined) return;
    this.#timer = setTimeout(
      () => {
        endpoint.handleTimeout(this.#options.clock.now());
        this.#drain();
      },
      Math.max(0, Math.ceil(dueAt - this.#options.clock.now())),
    );
  }

  #onEvent(event: AfcEvent): void {
    if (event.kind === "request") {
      this.#onRequest(event);
      return;
    }
    const channel = this.#byHandle.get(event.handle);
    if (channel === undefined) return; // closed by us meanwhile
    switch (event.kind) {
      case "opened":
        this.#onOpened(channel);
        return;
      case "refused":
        this.#refused(channel, event.reason);
        return;
      case "failed":
        this.#failed(channel);
        return;
      case "message":
        channel.inbox.push(event.bytes);
        this.#deliver(channel);
        return;
      case "acknowledged":
      case "expired":
        channel.outcomes.settle(event.messageId, event.kind === "acknowledged");
        return;
      case "closed":
        this.#gone(channel, event.byPeer ? describeCloseByPeer(event.reason) : describeSilence(event.reason));
    }
  }

  #onOpened(channel: Channel): void {
    channel.state = "open";
    const { id, binding, delivery, direction, meta, opening } = channel;
    const { sent, received } = this.#socket!.counters;
    this.#options.log.debug(
      { channelId: id, direction, label: binding.label, datagramsOut: sent, datagramsIn: received },
      "channel opened",
    );
    this.#options.tell({
      type: "channelOpened",
      ...meta,
      peerDeviceId: binding.peerDeviceId,
      delivery,
      direction,
    });
    delete channel.opening;
    opening?.resolve(id);
  }

  #refused(channel: Channel, reason: number): void {
    const code = refusalCode(reason) ?? "PeerRefused";
    const { responder, teamId } = channel.binding;
    const fields = { teamId, netIdentifier: responder.name, reason: code };
    const error =
      code === "NoListener"
        ? new AranyaError("NoListener", "no application listens for channels on the peer", fields)
        : new AranyaError("PeerRefused", `the peer refused the channel: ${code}`, fields);
    this.#abandon(channel, error);
  }

  #failed(channel: Channel): void {
    const netIdentifier = channel.binding.responder.name;
    const message = `${netIdentifier} did not answer: it may be down, unreachable, or not know this device yet`;
    this.#abandon(channel, new AranyaError("PeerUnreachable", message, { netIdentifier, reason: "timeout" }));
  }

  /** A channel that never opened. */
  #abandon(channel: Channel, error: AranyaError): void {
    this.#channels.delete(channel.id);
    this.#byHandle.delete(channel.handle);
    channel.opening?.reject(error);
  }

  /** Strangers get no answer; a member gets one, and a reason if it is no. */
  #onRequest(event: AfcEvent & { kind: "request" }): void {
    const endpoint = this.#running();
    const now = this.#options.clock.now();
    const command = this.#readRequest(event);
    if (command === undefined) {
      endpoint.ignore(event.request);
      return;
    }
    const { teamId, author, op } = command;
    const { deviceId } = this.#options.keys();
    const team = this.#options.teams.get(teamId);
    const verdict = team.evaluate(author, { kind: op.kind, role: command.role, fields: encodeFields(op) });
    const code = !verdict.accepted
      ? verdict.rejection.code
      : op.target !== deviceId
        ? "UnknownDevice"
        : undefined;
    const [owner] = this.#listeners;
    if (code !== undefined || owner === undefined) {
      endpoint.refuse(event.request, refusalReason(code ?? "NoListener"), now);
      this.#options.log.debug(
        { teamId, author, code: code ?? "NoListener", from: formatAddress(event.from) },
        "channel refused",
      );
      return;
    }
    const handle = endpoint.accept(event.request, now);
    if (handle === undefined) return;
    const binding: ChannelBinding = {
      teamId,
      label: op.label,
      initiator: { deviceId: author, name: op.ownName },
      responder: { deviceId, name: op.targetName },
      peerDeviceId: author,
    };
    this.#add({ handle, binding, delivery: event.delivery, direction: "incoming", owner });
  }

  /** Undefined for whatever does not come from a member of a team of ours. */
  #readRequest(event: AfcEvent & { kind: "request" }): EphemeralCommand | undefined {
    let command: EphemeralCommand;
    try {
      command = decodeEphemeral(event.payload);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return undefined;
    }
    const { teams } = this.#options;
    if (!teams.has(command.teamId)) return undefined;
    const { facts } = teams.get(command.teamId);
    const ownsKey = membershipsOf(facts, command.author).some((membership) =>
      equalBytes(facts.get(MEMBERS, membership)!.bundle.encryptionKey, event.initiatorEncryptionKey),
    );
    return ownsKey ? command : undefined;
  }
}

function limited<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof LimitError)) throw cause;
    throw new AranyaError(
      "LimitReached",
      cause.message,
      { limit: cause.limitName, max: cause.limit },
      { cause },
    );
  }
}

function unknownChannel(channelId: ChannelId): AranyaError {
  return new AranyaError("UnknownChannel", "no such channel belongs to this client", { channelId });
}

function channelClosed(channelId: ChannelId, reason: string): AranyaError {
  return new AranyaError("ChannelClosed", `the channel is closed: ${reason}`, { channelId, reason });
}

function clientGone(): AranyaError {
  return new AranyaError("DaemonUnavailable", "the client has disconnected");
}
