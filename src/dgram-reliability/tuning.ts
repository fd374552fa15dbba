/** Choices, as opposed to the numbers of the wire format. Milliseconds, bytes. RFC 9002 where it names a value. */
export const TUNING = {
  /** RFC 9002 section 6.1.1; adapted upwards where packets arrive late (`Reordering`). */
  packetThreshold: 3,
  packetThresholdMax: 1024,
  /** RFC 9002 section 6.1.2: 9/8; adapted up to twice the round trip, as RFC 8985 section 6.2 bounds its window. */
  timeThreshold: 9 / 8,
  timeThresholdMax: 2,
  /** Congestion events without a late packet after which the thresholds are the RFC's again: RFC 8985 section 6.2. */
  reorderingForgottenAfterEvents: 16,
  granularityMs: 1,
  /** RFC 9002 section 6.2.2, where nothing was measured yet. */
  initialRttMs: 333,
  /** Not in the RFC, which relies on an idle time-out: after a long outage the first probe must come soon. */
  ptoMaxMs: 4000,
  ackDelayMaxMs: 25,
  /** A quarter of a round trip, between these: whoever waits for the acknowledgement of a lone message waits no longer. */
  ackDelayMinMs: 1,
  ackDelayRoundTrips: 1 / 4,
  /** RFC 9000 section 13.2.2; fewer once the sender's slow start can do with fewer, as RFC 9000 section 13.2.1 allows. */
  ackEveryPackets: 2,
  ackEveryPacketsLater: 10,
  ackLaterAfterPackets: 128,
  /** Runs of received packet numbers remembered; what lies below the lowest counts as received. */
  receivedRunsMax: 256,
  /** Acknowledgements in which each packet that arrived is told. */
  ackRepeats: 16,
  /** Packets told about apart, because they arrived out of order; the newest. */
  lateNumbersMax: 64,
  /** Runs of packet numbers that were never sent, remembered to recognise who acknowledges blindly. */
  skippedRunsMax: 32,
  /** Packets in flight, of which each costs a record. */
  sentPacketsMax: 4096,
  /** Records kept for the next packets: what one batch of acknowledgements frees. */
  packetRecordsKeptMax: 64,
  /** Packets taken for lost that may yet prove to be late. */
  lostPacketsMax: 256,
  /** RFC 9002 section 7.2: this many packets, but no more than so many bytes unless that is less than two packets. */
  initialWindowPackets: 10,
  initialWindowBytes: 14_720,
  minimumWindowPackets: 2,
  /** RFC 9438: C in MSS per second cubed, and the factor after a loss. */
  cubicC: 0.4,
  cubicBeta: 0.7,
  /** What pacing lets through at once, in packets. */
  burstPackets: 10,
  persistentCongestionThreshold: 3,
  /** No peer can make us remember more messages of its window than this. */
  peerWindowMessagesMax: 65_536,
  messageBytesMax: 1024 * 1024,
  /** A packet has at least this size: everything but a message fits it, with room to spare. */
  packetBytesMin: 256,
  /** A message is not cut where less than this is left of a packet. */
  fragmentBytesMin: 128,
  /** Gaps between fragments that arrived, in all messages together; fragments that begin a message come on top. */
  fragmentRangesMax: 4096,
  /** Unreliable messages of which only a part has arrived. */
  unreliablePartsMax: 4,
} as const;
