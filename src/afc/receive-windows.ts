import { LIMITS } from "../base/limits.ts";
import { INITIAL_CREDIT } from "../dgram-reliability/index.ts";

export type ReceiveWindowLimits = Record<"channelsReceiveMessagesMax" | "channelsReceiveBytesMax", number>;

export interface ReceiveWindowSize {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * How much each channel may hold for the host. The little that a peer may send unasked is every channel's; more comes out of
 * what all of them share, of which a new channel gets an eighth at most. What it got is its own until it is gone: no channel
 * can take away what another's peer was promised. Messages are counted besides bytes, because each, however short, may keep
 * its whole datagram in memory.
 */
export class ReceiveWindows {
  #messages: number;
  #bytes: number;

  constructor(limits: ReceiveWindowLimits) {
    this.#messages = limits.channelsReceiveMessagesMax;
    this.#bytes = limits.channelsReceiveBytesMax;
  }

  /** The window of one more channel. */
  take(): ReceiveWindowSize {
    const messages = share(this.#messages, LIMITS.channelReceiveMessagesMax - INITIAL_CREDIT.messages);
    const bytes = share(this.#bytes, LIMITS.channelReceiveBytesMax - INITIAL_CREDIT.bytes);
    this.#messages -= messages;
    this.#bytes -= bytes;
    return { messages: INITIAL_CREDIT.messages + messages, bytes: INITIAL_CREDIT.bytes + bytes };
  }

  giveBack(window: ReceiveWindowSize): void {
    this.#messages += window.messages - INITIAL_CREDIT.messages;
    this.#bytes += window.bytes - INITIAL_CREDIT.bytes;
  }
}

function share(left: number, max: number): number {
  return Math.min(max, Math.floor(left / 8));
}
