/** A path over UDP that delays, loses and reorders: what a network does, done between two sockets of this machine. */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { seededRandom } from "./hostile-bytes.ts";

export interface PathConditions {
  /** One way. */
  readonly delayMs?: number;
  /** Of a hundred datagrams, each way. */
  readonly lossPercent?: number;
  /** Of a hundred datagrams, each way: those later than the rest, by up to `lateMs`. */
  readonly latePercent?: number;
  readonly lateMs?: number;
  /** Longer datagrams are dropped, as by a link with that MTU less the headers of IP and UDP. */
  readonly datagramBytesMax?: number;
  readonly seed?: number;
}

/** From whoever sends to `port` to one destination, and back to whoever sent last. */
export class BadPath {
  readonly #front: Socket = createSocket("udp4");
  readonly #back: Socket = createSocket("udp4");
  readonly #to: number;
  readonly #conditions: PathConditions;
  readonly #random: (n: number) => number;
  #caller: number | undefined;
  #closed = false;
  port = 0;
  passed = 0;
  dropped = 0;
  /** Towards the destination. */
  passedBytes = 0;
  /** The longest that passed. */
  longestBytes = 0;

  private constructor(to: number, conditions: PathConditions) {
    this.#to = to;
    this.#conditions = conditions;
    this.#random = seededRandom(conditions.seed ?? 1);
    this.#front.on("message", (datagram, from) => {
      this.#caller = from.port;
      if (this.#pass(datagram, this.#back, () => this.#to)) this.passedBytes += datagram.length;
    });
    this.#back.on("message", (datagram) => this.#pass(datagram, this.#front, () => this.#caller));
    // Nobody listens there any more, or the system's queue is full: lost, as anywhere.
    for (const socket of [this.#front, this.#back]) socket.on("error", () => undefined);
  }

  /** On the loopback address; port 0 lets the system choose. */
  static async open(to: number, conditions: PathConditions, port = 0): Promise<BadPath> {
    const path = new BadPath(to, conditions);
    await new Promise<void>((done) => path.#front.bind(port, "127.0.0.1", done));
    await new Promise<void>((done) => path.#back.bind(0, "127.0.0.1", done));
    path.port = path.#front.address().port;
    return path;
  }

  close(): void {
    this.#closed = true;
    this.#front.close();
    this.#back.close();
  }

  #pass(datagram: Buffer, by: Socket, to: () => number | undefined): boolean {
    const { delayMs = 0, lossPercent = 0, latePercent = 0, lateMs = 0 } = this.#conditions;
    const isTooLong = datagram.length > (this.#conditions.datagramBytesMax ?? Infinity);
    if (isTooLong || this.#random(100_000) < lossPercent * 1000) {
      this.dropped++;
      return false;
    }
    this.passed++;
    this.longestBytes = Math.max(this.longestBytes, datagram.length);
    const isLate = this.#random(100_000) < latePercent * 1000;
    const ms = delayMs + (isLate ? (lateMs * this.#random(1000)) / 1000 : 0);
    const send = (): void => {
      const port = to();
      if (!this.#closed && port !== undefined) by.send(datagram, port, "127.0.0.1");
    };
    if (ms === 0) send();
    else setTimeout(send, ms);
    return true;
  }
}
