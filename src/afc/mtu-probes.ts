/**
 * How long a channel's datagrams may be: `PathMtu`, fed with padded pings and with what becomes of packets. Only for hosts
 * whose socket does not let datagrams be fragmented; only while there is enough to send for it to be of use, so that
 * an idle channel stays idle.
 */
import { equalBytes } from "../base/bytes.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { PathMtu } from "../dgram-reliability/index.ts";
import type { OnPacketFate, Reliability } from "../dgram-reliability/index.ts";
import { DATAGRAM_OVERHEAD_BYTES, PACKET_BYTES_MAX, PING_BYTES } from "./wire.ts";

export interface Probe {
  readonly token: Uint8Array;
  readonly datagramBytes: number;
}

export class MtuProbes {
  readonly #mtu: PathMtu;
  readonly #entropy: Entropy;
  /** Sent last; answers to those before it come too late. */
  #probe: Probe | undefined;

  constructor(maxBytes: number, entropy: Entropy, now: Instant) {
    this.#mtu = new PathMtu({ maxBytes }, now);
    this.#entropy = entropy;
  }

  /** For `Reliability`. */
  readonly onPacketFate: OnPacketFate = (packetBytes, fate, now) => {
    this.#mtu.onPacketFate(packetBytes + DATAGRAM_OVERHEAD_BYTES, fate, now);
  };

  /** What is to be sent now; packets get the length that was found. */
  produce(reliability: Reliability, now: Instant): Probe | undefined {
    const packetBytes = this.#mtu.bytes - DATAGRAM_OVERHEAD_BYTES;
    if (packetBytes !== reliability.packetBytesMax) reliability.setPacketBytesMax(packetBytes);
    const datagramBytes = this.#mtu.probe(now);
    if (datagramBytes === 0 || !isOfUse(reliability)) return undefined;
    this.#mtu.onProbeSent(datagramBytes, reliability.ptoMs, now);
    this.#probe = { token: this.#entropy.bytes(PING_BYTES - 1), datagramBytes };
    return this.#probe;
  }

  /** False where the pong is not for a probe. */
  ponged(token: Uint8Array, now: Instant): boolean {
    const probe = this.#probe;
    if (probe === undefined || !equalBytes(token, probe.token)) return false;
    this.#probe = undefined;
    this.#mtu.onProbeAcked(probe.datagramBytes, now);
    return true;
  }

  /** Another path, of which nothing is known. */
  onPathChange(now: Instant): void {
    this.#probe = undefined;
    this.#mtu.onPathChange(now);
  }

  handleTimeout(now: Instant): void {
    this.#mtu.handleTimeout(now);
  }

  nextTimeout(reliability: Reliability): Instant | undefined {
    return isOfUse(reliability) ? this.#mtu.nextTimeout() : undefined;
  }
}

function isOfUse(reliability: Reliability): boolean {
  return reliability.unsettledBytes > PACKET_BYTES_MAX;
}
