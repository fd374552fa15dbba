import { LIMITS } from "../base/limits.ts";
import { INITIAL_CREDIT } from "../dgram-reliability/index.ts";

export type ReceiveWindowLimits = Record<"channelsReceiveMessagesMax" | "channelsReceiveBytesMax", number>;

export interface ReceiveWindowSize {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * How much each channel may hold for the host. The little that a peer may send unasked is every channel's; more comes out of
 * what all of them share, of which a new channel gets an eighth at most of what is left, less what its peer has already: one
 * peer with any number of channels leaves half, eight of them a ninth. What a channel got is its own until it is gone: no other
 * can take away what its peer was promised. Messages are counted besides bytes, because each, however short, may keep
 * its whole datagram in memory.
 */
export class ReceiveWindows {
  #messages: number;
  #bytes: number;
  /** Out of what is shared. */
  readonly #byPeer = new Map<string, ReceiveWindowSize>();

  constructor(limits: ReceiveWindowLimits) {
    this.#messages = limits.channelsReceiveMessagesMax;
    this.#bytes = limits.channelsReceiveBytesMax;
  }

  /** The window of one more channel. */
  take(peerKey: string): ReceiveWindowSize {
    const has = this.#byPeer.get(peerKey) ?? NOTHING;
    const messages = share(
      this.#messages - has.messages,
      LIMITS.channelReceiveMessagesMax - INITIAL_CREDIT.messages,
    );
    const bytes = share(this.#bytes - has.bytes, LIMITS.channelReceiveBytesMax - INITIAL_CREDIT.bytes);
    this.#move(peerKey, messages, bytes);
    return { messages: INITIAL_CREDIT.messages + messages, bytes: INITIAL_CREDIT.bytes + bytes };
  }

  giveBack(peerKey: string, window: ReceiveWindowSize): void {
    this.#move(peerKey, INITIAL_CREDIT.messages - window.messages, INITIAL_CREDIT.bytes - window.bytes);
  }

  #move(peerKey: string, messages: number, bytes: number): void {
    const before = this.#byPeer.get(peerKey) ?? NOTHING;
    const has = { messages: before.messages + messages, bytes: before.bytes + bytes };
    if (has.messages === 0 && has.bytes === 0) this.#byPeer.delete(peerKey);
    else this.#byPeer.set(peerKey, has);
    this.#messages -= messages;
    this.#bytes -= bytes;
  }
}

const NOTHING: ReceiveWindowSize = { messages: 0, bytes: 0 };

function share(left: number, max: number): number {
  return Math.max(0, Math.min(max, Math.floor(left / 8)));
}
