/** The channels there are, and for a while what became of others. */
import type { ChannelId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { IpcConnection } from "../io/ipc-connection.ts";
import { channelClosed, unknownChannel } from "./channel-errors.ts";
import type { OwnedChannel } from "./owned-channel.ts";

export class OwnedChannels {
  readonly #byId = new Map<ChannelId, OwnedChannel>();
  readonly #byHandle = new Map<number, OwnedChannel>();
  /** Oldest first; so that an application learns what became of a channel it still names. */
  readonly #closed = new Map<ChannelId, string>();

  /** As they are: one may be removed meanwhile. */
  all(): OwnedChannel[] {
    return [...this.#byId.values()];
  }

  get(id: ChannelId): OwnedChannel | undefined {
    return this.#byId.get(id);
  }

  atHandle(handle: number): OwnedChannel | undefined {
    return this.#byHandle.get(handle);
  }

  /** Throws `ChannelClosed` and `UnknownChannel`. */
  owned(id: ChannelId, connection: IpcConnection): OwnedChannel {
    const channel = this.#byId.get(id);
    if (channel?.owner === connection) return channel;
    const reason = this.#closed.get(id);
    throw reason === undefined ? unknownChannel(id) : channelClosed(id, reason);
  }

  add(channel: OwnedChannel): void {
    this.#byId.set(channel.id, channel);
    this.#byHandle.set(channel.handle, channel);
  }

  /** Without a reason it never was one. */
  remove({ id, handle }: OwnedChannel, reason?: string): void {
    this.#byId.delete(id);
    this.#byHandle.delete(handle);
    if (reason === undefined) return;
    this.#closed.set(id, reason);
    if (this.#closed.size > LIMITS.channelsRememberedMax)
      this.#closed.delete(this.#closed.keys().next().value!);
  }
}
