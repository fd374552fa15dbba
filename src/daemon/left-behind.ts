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

/** What keeping them costs besides their bytes. */
const CHANNEL_COST_BYTES = 4096;
const MESSAGE_COST_BYTES = 256;

/** Of one peer, oldest first, with what each cost when it was left; it costs less as it is handed out, and is not counted anew. */
interface OfPeer<C> {
  readonly channels: Map<C, number>;
  bytes: number;
}

export class LeftBehind<C extends Left> {
  readonly #peers = new Map<string, OfPeer<C>>();
  #bytes = 0;

  /** Those that are to be forgotten for it; the channel itself may be among them. */
  add(channel: C): C[] {
    const { inbox, binding } = channel;
    const cost = CHANNEL_COST_BYTES + inbox.bytes + inbox.length * MESSAGE_COST_BYTES;
    const peer = this.#peers.get(binding.peerDeviceId) ?? { channels: new Map<C, number>(), bytes: 0 };
    this.#peers.set(binding.peerDeviceId, peer);
    peer.channels.set(channel, cost);
    peer.bytes += cost;
    this.#bytes += cost;
    const forgotten: C[] = [];
    for (const oldest of peer.channels.keys()) {
      if (peer.bytes <= LIMITS.leftBehindBytesPerPeerMax && this.#bytes <= LIMITS.leftBehindBytesMax) break;
      this.delete(oldest);
      forgotten.push(oldest);
    }
    return forgotten;
  }

  /** False where it is none of them. */
  delete(channel: C): boolean {
    const { peerDeviceId } = channel.binding;
    const peer = this.#peers.get(peerDeviceId);
    const cost = peer?.channels.get(channel);
    if (peer === undefined || cost === undefined) return false;
    peer.channels.delete(channel);
    peer.bytes -= cost;
    this.#bytes -= cost;
    if (peer.channels.size === 0) this.#peers.delete(peerDeviceId);
    return true;
  }

  /** As they are: one may be deleted meanwhile. */
  all(): C[] {
    return [...this.#peers.values()].flatMap(({ channels }) => [...channels.keys()]);
  }
}
