/** Choices, as opposed to the numbers of the wire format. Milliseconds, bytes. RFC 9002 where it names a value. */
export const TUNING = {
  /** RFC 9002 section 6.1.1. */
  packetThreshold: 3,
  /** RFC 9002 section 6.1.2: 9/8. */
  timeThreshold: 9 / 8,
  granularityMs: 1,
  /** RFC 9002 section 6.2.2, where nothing was measured yet. */
  initialRttMs: 333,
  /** Not in the RFC, which relies on an idle time-out: after a long outage the first probe must come soon. */
  ptoMaxMs: 4000,
  ackDelayMaxMs: 25,
  ackEveryPackets: 2,
  /** Runs of received packet numbers remembered; what lies below the lowest counts as received. */
  receivedRunsMax: 64,
  /** Packets in flight, of which each costs a record. */
  sentPacketsMax: 4096,
  /** In packets: RFC 9002 section 7.2. */
  initialWindowPackets: 10,
  minimumWindowPackets: 2,
  /** What pacing lets through at once, in packets. */
  burstPackets: 10,
  /** No peer can make us remember more messages of its window than this. */
  peerWindowMessagesMax: 65_536,
  persistentCongestionThreshold: 3,
} as const;
