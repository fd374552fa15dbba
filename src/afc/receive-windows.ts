import { LIMITS } from "../base/limits.ts";
import { INITIAL_CREDIT } from "../dgram-reliability/index.ts";

/**
 * How many messages each channel may hold for the host. The few that a peer may send unasked are every channel's; more
 * come out of what all of them share, of which a new channel gets an eighth at most. What it got is its own until it is
 * gone: no channel can take away what another's peer was promised. Messages are counted and not bytes, because each,
 * however short, may keep its whole datagram in memory.
 */
export class ReceiveWindows {
  #shared: number;

  constructor(sharedMax: number) {
    this.#shared = sharedMax;
  }

  /** The window of one more channel, in messages. */
  take(): number {
    const most = LIMITS.channelReceiveMessagesMax - INITIAL_CREDIT.messages;
    const extra = Math.min(most, Math.floor(this.#shared / 8));
    this.#shared -= extra;
    return INITIAL_CREDIT.messages + extra;
  }

  giveBack(messages: number): void {
    this.#shared += messages - INITIAL_CREDIT.messages;
  }
}
