/** What became of handshakes and messages, for whoever asks: events of AFC and decisions of the daemon, counted. */
import type { AfcEvent } from "../afc/index.ts";

export class ChannelCounts {
  /** Begun here, by what they came to. */
  readonly outgoing = { opened: 0, refused: 0, timeout: 0 };
  /** Begun by peers; `ignored` are strangers', which get no answer. */
  readonly incoming = { opened: 0, refused: 0, timeout: 0, ignored: 0 };
  /** Handed to AFC; the outcome of each follows. */
  sent = 0;
  sentBytes = 0;
  received = 0;
  receivedBytes = 0;
  acknowledged = 0;
  expired = 0;
  /** Of open channels: by the peer, and because it was silent, or its keys were not changed. Those closed here are not counted. */
  readonly ended = { peer: 0, afc: 0 };

  /** What AFC said to a message; that as it is. */
  handed<Answer>(answer: Answer, bytes: Uint8Array): Answer {
    if (typeof answer === "number") {
      this.sent++;
      this.sentBytes += bytes.length;
    }
    return answer;
  }

  /** @param direction of the channel it is about */
  onEvent(event: AfcEvent, direction: "outgoing" | "incoming"): void {
    switch (event.kind) {
      case "message":
        this.received++;
        this.receivedBytes += event.bytes.length;
        return;
      case "acknowledged":
        this.acknowledged++;
        return;
      case "expired":
        this.expired++;
        return;
      case "opened":
        this[direction].opened++;
        return;
      case "refused":
        this.outgoing.refused++;
        return;
      case "failed":
        this[direction].timeout++;
        return;
      case "closed":
        if (event.byPeer) this.ended.peer++;
        else this.ended.afc++;
        return;
      default:
    }
  }
}
