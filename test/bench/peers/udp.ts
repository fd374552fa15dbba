/** `UdpSocket` alone, as the AFC host uses it: what a datagram costs to send, and what to receive. */
import { probePlatform } from "../../../platform/platform.ts";
import { datagramLengthAt } from "../../../src/afc/wire.ts";
import type { Address } from "../../../src/base/address.ts";
import { UdpSocket } from "../../../src/io/udp.ts";
import { Counter } from "../lib/meters.ts";
import { serve } from "../lib/peer.ts";

/** Between two looks at the loop: what one send of segments holds. */
const BURST = 54;

const counter = new Counter();
let socket: UdpSocket;
let to: Address;
let bytes = 0;
let sending = false;

function burst(): void {
  if (!sending) return;
  for (let i = 0; i < BURST; i++) {
    const datagram = socket.allocate(bytes);
    datagram[0] = 4;
    datagram[2] = bytes >>> 8;
    datagram[3] = bytes;
    socket.send(datagram, to);
  }
  socket.flush();
  setImmediate(burst);
}

serve({
  listen: async (): Promise<Address> => {
    socket = await UdpSocket.open(
      { host: "127.0.0.1", port: 0 },
      {
        onDatagram: () => counter.count++,
        lengthAt: datagramLengthAt,
        segments: probePlatform().segmentSockets,
      },
    );
    return socket.address;
  },
  connect: ({ address }: { address: Address }) => {
    to = address;
  },
  start: ({ bytes: length }: { bytes: number }) => {
    bytes = length;
    sending = true;
    burst();
  },
  stop: () => {
    sending = false;
  },
  sent: () => socket.counters.sent,
  watch: ({ ms }: { ms: number }) => counter.watch(ms),
});
