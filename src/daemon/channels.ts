/**
 * The channels of this daemon: what applications ask for, what peers ask for, and what the graph still allows.
 *
 *   application ── create, send, delete ──► ChannelService ──► AfcEndpoint ──► UDP
 *   application ◄── messages under credit ── ChannelService ◄── AfcEndpoint ◄── UDP
 *   Teams ── events ──► every channel they touch is closed at once, and the rest is judged again
 *
 * A channel belongs to the connection that made it; one that a peer opened to the first connection that listens.
 */
import { parseAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError, TransportError } from "../base/errors.ts";
import { ID_BYTES, idFromBytes } from "../base/ids.ts";
import type { ChannelId, TeamId } from "../base/ids.ts";
import type { Clock, Entropy } from "../base/time.ts";
import { after } from "../base/time.ts";
import { messageBytesMax } from "../afc/index.ts";
import type { AfcEvent } from "../afc/index.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import type { IpcConnection } from "../io/ipc-connection.ts";
import type { AddressBook } from "../io/resolve.ts";
import type { DaemonConfig } from "../ipc/config.ts";
import type { Effect } from "../ipc/effect.ts";
import type { ChannelInfo } from "../ipc/info.ts";
import type { Params } from "../ipc/methods.ts";
import type { SendDataEvent } from "../ipc/server-session.ts";
import { deviceOf } from "../policy/default/tables.ts";
import { canonicalName } from "../team/actions.ts";
import type { TeamEvent } from "../team/events.ts";
import type { Auditor } from "./audit-trail.ts";
import { auditAccepted, auditClosed } from "./audited-channels.ts";
import { channelFigures, channelList } from "./channel-figures.ts";
import type { ChannelFigures } from "./channel-figures.ts";
import { AfcHost } from "./afc-host.ts";
import type { AfcHostOptions } from "./afc-host.ts";
import { touches } from "./channel-bindings.ts";
import type { ChannelBinding } from "./channel-bindings.ts";
import { CLOSE_REASONS, describeClose, describeCloseByPeer, describeCloseByAfc } from "./channel-reasons.ts";
import type { CloseReason } from "./channel-reasons.ts";
import { channelClosed, channelRefused, clientGone, noAnswer, unknownChannel } from "./channel-errors.ts";
import { ChannelCounts } from "./channel-counts.ts";
import { ChannelRequests } from "./channel-requests.ts";
import { draftChannel, isAllowed, requireAllowed } from "./channel-rights.ts";
import { DeliveryTurns } from "./delivery-turns.ts";
import { encodeEphemeral } from "./ephemeral-command.ts";
import { LeftBehind } from "./left-behind.ts";
import type { Logger } from "./log.ts";
import { MessageQueue, UnreliableRoom } from "./message-queue.ts";
import { OutcomeTable } from "./outcome-table.ts";
import type { OwnedChannel as Channel } from "./owned-channel.ts";
import { OwnedChannels } from "./owned-channels.ts";
import type { Teams } from "./teams.ts";

export interface ChannelServiceOptions extends Pick<AfcHostOptions, "segments" | "prefersAes" | "loop"> {
  readonly suite: CipherSuite;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
  readonly teams: Teams;
  readonly addresses: AddressBook;
  readonly audit?: Auditor | undefined;
  keys(): DeviceKeys;
  readonly tell: (effect: Effect) => void;
  /** Pulls a team from its sync peers, within a bounded time. */
  readonly refresh: (teamId: TeamId) => Promise<void>;
}

/**
 * The client counts `timeoutMs` too, and then gives up with a bare Timeout. What the daemon has to say is to be there
 * before: that much earlier it gives up itself, or a tenth.
 */
const ANSWER_MS_MAX = 1000;

export class ChannelService {
  readonly #options: ChannelServiceOptions;
  readonly #afc: AfcHost;
  readonly #requests: ChannelRequests<IpcConnection>;
  readonly #counts = new ChannelCounts();
  readonly #channels = new OwnedChannels();
  readonly #room = new UnreliableRoom();
  readonly #turns = new DeliveryTurns<Channel>();
  readonly #leftBehind = new LeftBehind<Channel>();
  /** Connections that take incoming channels, first come first. */
  readonly #listeners = new Set<IpcConnection>();
  /** Connections that were told something by what came from the network. */
  readonly #toFlush = new Set<IpcConnection>();

  constructor(options: ChannelServiceOptions) {
    this.#options = options;
    this.#afc = new AfcHost({
      ...options,
      onEvent: (event) => this.#onEvent(event),
      onEventsEnd: () => {
        for (const connection of this.#toFlush) connection.flush();
        this.#toFlush.clear();
      },
    });
    this.#requests = new ChannelRequests({
      ...options,
      afc: this.#afc,
      counts: this.#counts.incoming,
      deviceId: () => options.keys().deviceId,
      owner: () => [...this.#listeners][0],
      accepted: (handle, binding, delivery, owner) => {
        this.#add({ handle, binding, delivery, direction: "incoming", owner });
      },
    });
  }

  configure(settings: NonNullable<DaemonConfig["afc"]>): void {
    this.#afc.configure(settings);
  }

  get afcStatus(): AfcHost["status"] {
    return this.#afc.status;
  }

  figures(): ChannelFigures {
    return channelFigures(this.#channels.all(), this.#counts, this.#afc.figures());
  }

  /** Throws `TransportError`. */
  async listen(address: Address): Promise<void> {
    await this.#afc.listen(address, this.#options.keys());
  }

  async stopListening(): Promise<void> {
    await this.#afc.close();
  }

  /** True when this connection is the one that incoming channels go to. */
  listenFor(connection: IpcConnection): boolean {
    this.#listeners.add(connection);
    return [...this.#listeners][0] === connection;
  }

  async create(params: Params<"createChannel">, owner: IpcConnection): Promise<ChannelId> {
    const { teamId, label, delivery = "reliable", timeoutMs } = params;
    const keys = this.#options.keys();
    this.#afc.requireRunning();
    const deadline = after(this.#options.clock.now(), timeoutMs - Math.min(timeoutMs / 10, ANSWER_MS_MAX));
    const netIdentifier = canonicalName(params.netIdentifier);
    const command = draftChannel(this.#options.teams.synced(teamId), keys.deviceId, netIdentifier, label);
    const binding: ChannelBinding = {
      teamId,
      label,
      initiator: { deviceId: keys.deviceId, name: command.op.ownName },
      responder: { deviceId: command.op.target, name: netIdentifier },
      peerDeviceId: command.op.target,
    };
    const address = await this.#resolve(netIdentifier);
    // Resolving took time: team, graph and socket are those there are when the first datagram leaves.
    const team = this.#options.teams.synced(teamId);
    const { endpoint } = this.#afc;
    requireAllowed(team, command);
    if (owner.signal.aborted) throw clientGone();
    const now = this.#options.clock.now();
    const handle = endpoint.connect(
      {
        peerEncryptionKey: deviceOf(team.facts, command.op.target)!.bundle.encryptionKey,
        peerDeviceId: command.op.target,
        address,
        payload: encodeEphemeral(command),
        delivery,
        timeoutMs: Math.max(0, deadline - now),
      },
      now,
    );
    return await new Promise<ChannelId>((resolve, reject) => {
      const channel = this.#add({ handle, binding, delivery, direction: "outgoing", owner });
      channel.opening = { resolve, reject };
      this.#afc.drain();
    });
  }

  /** Throws `UnknownChannel`. */
  delete(teamId: TeamId, channelId: ChannelId, connection: IpcConnection): boolean {
    const channel = this.#channels.get(channelId);
    if (channel?.owner !== connection || channel.binding.teamId !== teamId) throw unknownChannel(channelId);
    this.#close(channel, "deleted");
    this.#afc.drain();
    return true;
  }

  /** Answered true once acknowledged (on an unreliable channel: sent), false at the time-out. Leaves with `sendNow`. */
  send(message: SendDataEvent, connection: IpcConnection): void {
    const channel = this.#channels.owned(message.channelId, connection);
    if (channel.state !== "open") throw unknownChannel(message.channelId);
    const limit = messageBytesMax[channel.delivery];
    if (message.bytes.length > limit) {
      throw new AranyaError(
        "MessageTooLarge",
        `a message has at most ${limit} bytes on a channel that is ${channel.delivery}`,
        { limit },
      );
    }
    const deadline = after(this.#options.clock.now(), message.timeoutMs);
    channel.outcomes.send(message.id, message.bytes, deadline);
  }

  sendNow(): void {
    this.#afc.drain();
  }

  /** The owner has given credit: it gets what waited for it. */
  deliverTo(connection: IpcConnection): void {
    this.#turns.serve(connection, (channel, messagesMax) => this.#deliver(channel, messagesMax));
    this.#afc.planDrain();
  }

  list(): ChannelInfo[] {
    return channelList(this.#channels.all());
  }

  connectionClosed(connection: IpcConnection): void {
    this.#listeners.delete(connection);
    this.#toFlush.delete(connection);
    for (const channel of this.#channels.all()) {
      if (channel.owner === connection) this.#close(channel, "client-gone");
    }
    this.#forgetLeftBehind(({ owner }) => owner === connection);
    this.#afc.drain();
  }

  closeTeam(teamId: TeamId): void {
    for (const channel of this.#channels.all()) {
      if (channel.binding.teamId === teamId) this.#close(channel, "team-removed");
    }
    this.#forgetLeftBehind(({ binding }) => binding.teamId === teamId);
    this.#afc.drain();
  }

  /**
   * Every single event that takes something away closes what it touches, even where a later one gives it back: between the
   * two the channel had no right to be.
   */
  onTeamEvents(teamId: TeamId, events: readonly TeamEvent[]): void {
    const isLost = ({ binding }: Channel): boolean =>
      binding.teamId === teamId &&
      (events.some((event) => touches(binding, event)) || !isAllowed(this.#options.teams, binding));
    for (const channel of this.#channels.all()) if (isLost(channel)) this.#close(channel, "not-authorised");
    // Else a peer would only have to close first.
    this.#forgetLeftBehind(isLost);
    this.#afc.drain();
  }

  async close(): Promise<void> {
    this.#listeners.clear(); // what is asked for from here on is refused
    for (const channel of this.#channels.all()) this.#close(channel, "daemon-stopping");
    await this.#afc.close();
  }

  async #resolve(netIdentifier: string): Promise<Address> {
    const { host, port } = parseAddress(netIdentifier)!;
    try {
      const [first] = await this.#options.addresses.resolve(host);
      if (first !== undefined) return { host: first, port };
      throw new TransportError("no-address", "the name has no IPv4 address");
    } catch (cause) {
      if (!(cause instanceof TransportError)) throw cause;
      const message = `${netIdentifier} cannot be reached: ${cause.message}`;
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
      inbox:
        delivery === "unreliable"
          ? new MessageQueue(this.#room, () => this.#afc.endpoint.consumed(handle, 1))
          : new MessageQueue(),
      outcomes: new OutcomeTable(
        (bytes, deadline) => this.#counts.handed(this.#afc.endpoint.send(handle, bytes, deadline), bytes),
        this.#options.clock,
        parts.owner,
      ),
      state: "opening",
      opening: undefined,
    };
    this.#channels.add(channel);
    return channel;
  }

  #deliver(channel: Channel, messagesMax = Number.POSITIVE_INFINITY): number {
    let left = messagesMax;
    const taken = channel.inbox.handOut((bytes) => left-- > 0 && channel.owner.deliver(channel.meta, bytes));
    if (taken > 0) this.#delivered(channel, taken);
    if (channel.inbox.length === 0 && this.#leftBehind.delete(channel)) channel.owner.channelGone(channel.id);
    return taken;
  }

  #delivered(channel: Channel, taken: number): void {
    this.#toFlush.add(channel.owner);
    if (this.#afc.isRunning) this.#afc.endpoint.consumed(channel.handle, taken);
  }

  /** By us: the peer is told, and what the owner has no credit for is dropped. */
  #close(channel: Channel, reason: CloseReason): void {
    this.#afc.endpoint.close(channel.handle, CLOSE_REASONS[reason], this.#options.clock.now());
    this.#deliver(channel);
    channel.inbox.clear();
    this.#gone(channel, describeClose(reason));
  }

  /** The channel is no more; everybody who waits for it is told why. What it had acknowledged is still handed out. */
  #gone(channel: Channel, reason: string): void {
    const { id, binding, opening } = channel;
    this.#channels.remove(channel, reason);
    channel.outcomes.fail(channelClosed(id, reason));
    this.#deliver(channel);
    const keeps = channel.delivery === "reliable" && channel.inbox.length > 0;
    for (const forgotten of keeps ? this.#leftBehind.add(channel) : [channel]) this.#forget(forgotten);
    if (opening !== undefined) opening.reject(channelClosed(id, reason));
    if (channel.state === "open") {
      this.#options.tell({ type: "channelClosed", teamId: binding.teamId, channelId: id, reason });
      this.#options.log.debug({ channelId: id, reason }, "channel closed");
      auditClosed(this.#options.audit, channel, reason);
    }
  }

  #forgetLeftBehind(which: (channel: Channel) => boolean): void {
    for (const channel of this.#leftBehind.all()) if (which(channel)) this.#forget(channel);
  }

  #forget(channel: Channel): void {
    this.#leftBehind.delete(channel);
    channel.inbox.clear();
    this.#turns.note(channel);
    channel.owner.channelGone(channel.id);
  }

  #onEvent(event: AfcEvent): void {
    if (event.kind === "request") {
      this.#requests.handle(event);
      return;
    }
    const channel = this.#channels.atHandle(event.handle);
    if (channel === undefined) return; // closed by us meanwhile
    this.#counts.onEvent(event, channel.direction);
    switch (event.kind) {
      case "opened":
        this.#onOpened(channel);
        return;
      case "rekey":
        this.#onRekey(channel);
        return;
      case "refused":
        this.#abandon(channel, channelRefused(channel.binding, event.reason));
        return;
      case "failed":
        this.#abandon(channel, noAnswer(channel.binding));
        return;
      case "message":
        if (channel.inbox.length === 0 && channel.owner.deliver(channel.meta, event.bytes)) {
          this.#delivered(channel, 1);
          return;
        }
        channel.inbox.push(event.bytes);
        this.#deliver(channel);
        this.#turns.note(channel);
        return;
      case "sent":
      case "acknowledged":
      case "expired":
        channel.outcomes.settle(event.messageId, event.kind !== "expired");
        return;
      case "closed":
        this.#gone(
          channel,
          event.byPeer ? describeCloseByPeer(event.reason) : describeCloseByAfc(event.reason),
        );
    }
  }

  #onOpened(channel: Channel): void {
    channel.state = "open";
    const { id, binding, delivery, direction, meta, opening } = channel;
    const { sent, received } = this.#afc.counters!;
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
    auditAccepted(this.#options.audit, channel);
    channel.opening = undefined; // deleted it would make of each channel an object ten times as large
    opening?.resolve(id);
  }

  /** The graph is asked as for the first handshake, even though every change to it is heard of at once. */
  #onRekey(channel: Channel): void {
    if (!isAllowed(this.#options.teams, channel.binding)) this.#close(channel, "not-authorised");
    else this.#afc.endpoint.acceptRekey(channel.handle, this.#options.clock.now());
  }

  /** A channel that never opened. */
  #abandon(channel: Channel, error: AranyaError): void {
    this.#channels.remove(channel);
    channel.opening?.reject(error);
  }
}
