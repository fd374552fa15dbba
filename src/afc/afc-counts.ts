/**
 * What happened at an endpoint, for whoever asks: plain numbers that only grow, and that channels which are gone have
 * contributed to as well. Messages, handshakes and closes are events, which the host counts.
 */
import type { ReliabilityCounts } from "../dgram-reliability/index.ts";

export interface AfcCounts extends ReliabilityCounts {
  /** First messages answered with a cookie: the address is to prove itself first. */
  cookies: number;
  /** Of keys we seal with. */
  keyRotations: number;
  /** Fresh handshakes that came into force. */
  rekeys: number;
  /** Channels whose peer is at another address. */
  roams: number;
}

export function noAfcCounts(): AfcCounts {
  return { lost: 0, probed: 0, cookies: 0, keyRotations: 0, rekeys: 0, roams: 0 };
}
