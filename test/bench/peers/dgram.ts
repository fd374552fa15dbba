/** The floor: node:dgram and nothing else. Connected, and datagrams sent as fast as the socket takes them. */
import { createSocket } from "node:dgram";
import { Counter, PingPong } from "../lib/meters.ts";
import { serve } from "../lib/peer.ts";

const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** Between two looks at the loop: more loses more at the receiver, less waits more. */
const BURST = 32;

const socket = createSocket("udp4");
const counter = new Counter();
const pingPong = new PingPong((message) => socket.send(message));
let payload = Buffer.alloc(0);
let echoes = false;
let sending = false;

socket.on("message", (datagram, from) => {
  counter.count++;
  if (echoes) socket.send(datagram, from.port, from.address);
  else pingPong.answered(datagram);
});

function burst(): void {
  if (!sending) return;
  for (let i = 0; i < BURST; i++) socket.send(payload);
  setImmediate(burst);
}

serve({
  listen: () =>
    new Promise((done) => {
      socket.bind(0, "127.0.0.1", () => {
        socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
        socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
        done(socket.address().port);
      });
    }),
  connect: ({ port }: { port: number }) =>
    new Promise<void>((done) => socket.connect(port, "127.0.0.1", () => done())),
  start: ({ bytes }: { bytes: number }) => {
    payload = Buffer.alloc(bytes, 1);
    sending = true;
    burst();
  },
  stop: () => {
    sending = false;
  },
  watch: ({ ms }: { ms: number }) => counter.watch(ms),
  span: (until: { count?: number; ms?: number }) => counter.span(until),
  echo: ({ on }: { on: boolean }) => {
    echoes = on;
  },
  roundTrips: ({ bytes, ms }: { bytes: number; ms: number }) => pingPong.run(bytes, ms),
});
