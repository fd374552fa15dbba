/**
 * Channels that ended while messages on them, all acknowledged to the peer, still wait for their application: it gets
 * them as it gives credit. Bounded: a peer that leaves too much loses its own, oldest first.
 */
import { LIMITS } from "../base/limits.ts";

interface Left {
  readonly owner: object;
  readonly inbox: { readonly bytes: number; readonly length: number };
  readonly binding: { readonly peerDeviceId: string };
}

/** A message costs more than its bytes. */
const MESSAGE_COST_BYTES = 256;

export class LeftBehind<C extends Left> {
  /** Oldest first. */
  readonly #channels = new Set<C>();

  /** Those that are to be forgotten for it; the channel itself may be among them. */
  add(channel: C): C[] {
    this.#channels.add(channel);
    const forgotten: C[] = [];
    const peerId = channel.binding.peerDeviceId;
    for (const oldest of [...this.#channels]) {
      const peers = this.#cost((other) => other.binding.peerDeviceId === peerId);
      if (peers <= LIMITS.leftBehindBytesPerPeerMax && this.#cost() <= LIMITS.leftBehindBytesMax) break;
      if (oldest.binding.peerDeviceId !== peerId) continue;
      this.#channels.delete(oldest);
      forgotten.push(oldest);
    }
    return forgotten;
  }

  /** False where it is none of them. */
  delete(channel: C): boolean {
    return this.#channels.delete(channel);
  }

  of(owner: object): C[] {
    return [...this.#channels].filter((channel) => channel.owner === owner);
  }

  #cost(counts: (channel: C) => boolean = () => true): number {
    let bytes = 0;
    for (const channel of this.#channels) {
      if (counts(channel)) bytes += channel.inbox.bytes + channel.inbox.length * MESSAGE_COST_BYTES;
    }
    return bytes;
  }
}
