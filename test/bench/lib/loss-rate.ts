/** What a congestion controller after RFC 9438 (CUBIC) allows where losses are random: its own formulas. */
import { TUNING } from "../../../src/dgram-reliability/tuning.ts";

const { cubicC: C, cubicBeta: BETA } = TUNING;

/**
 * The mean window in packets, for a share `loss` of packets lost and a round trip in milliseconds. Section 5.1 for CUBIC's own
 * curve; where that is below what NewReno would have, section 4.3 follows NewReno, with an average window of sqrt(3 / (2 p))
 * (section 5, equation 7). So it is the greater of the two.
 */
export function cubicWindowPackets(loss: number, roundTripMs: number): number {
  const curve = ((C * (3 + BETA)) / (4 * (1 - BETA))) ** 0.25 * (roundTripMs / 1000) ** 0.75 * loss ** -0.75;
  return Math.max(curve, Math.sqrt(3 / (2 * loss)));
}

/** Megabytes a second: that window each round trip, with so many bytes of the application in a packet. */
export function cubicMegabytesPerSecond(loss: number, roundTripMs: number, packetBytes: number): number {
  return (cubicWindowPackets(loss, roundTripMs) * packetBytes) / roundTripMs / 1000;
}
