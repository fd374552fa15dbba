/** Endpoints that break a promise, each of which has to be noticed. */
import { ReceiveKeys, SendKeys } from "../../../src/afc/keys.ts";
import { Path } from "../../../src/afc/path.ts";
import type { AfcEvent, Transmit } from "../../../src/afc/index.ts";
import type { Peer } from "../../unit/afc/harness.ts";

type Plant = (peer: Peer) => void;

/** Put into a target. */
export const PLANTS: Readonly<Record<string, Plant>> = {
  /** To whoever sends what nobody knows. */
  answers: ({ endpoint }) => {
    const waiting: Transmit[] = [];
    const handle = endpoint.handle.bind(endpoint);
    endpoint.handle = (datagram, from, now) => {
      const { unknown } = endpoint.dropped;
      handle(datagram, from, now);
      if (endpoint.dropped.unknown > unknown && waiting.length < 10) {
        waiting.push({ kind: "transmit", datagram: datagram.slice(0, 33), to: from });
      }
    };
    const poll = endpoint.poll.bind(endpoint);
    endpoint.poll = (now) => waiting.shift() ?? poll(now);
  },
  /** Every datagram. */
  keeps: ({ endpoint }) => {
    const kept: Uint8Array[] = [];
    const handle = endpoint.handle.bind(endpoint);
    endpoint.handle = (datagram, from, now) => {
      kept.push(datagram.slice());
      handle(datagram, from, now);
    };
  },
  /** Where a handshake's answer is not for it. */
  throws: ({ endpoint }) => {
    const handle = endpoint.handle.bind(endpoint);
    endpoint.handle = (datagram, from, now) => {
      if (datagram[0] === 2 && datagram.length === 88 && datagram[3] === 88) throw new Error("planted");
      handle(datagram, from, now);
    };
  },
  /** Some messages. */
  twice: ({ endpoint }) => {
    let again: AfcEvent | undefined;
    const poll = endpoint.poll.bind(endpoint);
    endpoint.poll = (now) => {
      if (again !== undefined) {
        const event = again;
        again = undefined;
        return event;
      }
      const next = poll(now);
      if (next?.kind === "message" && next.bytes.length % 3 === 0) again = next;
      return next;
    };
  },
};

/** For all endpoints of the process, until the run is over. */
const PATCHES: Readonly<Record<string, () => () => void>> = {
  /** A peer that moves is not followed. */
  stays: () => patched(Path.prototype, "ponged", () => () => false),
  /** Two datagrams are sealed under one number. */
  reuses: () =>
    patched(SendKeys.prototype, "seal", (original) => {
      return function (this: SendKeys, nonce, datagram, end) {
        original.call(this, nonce, datagram.slice(), end);
        original.call(this, nonce, datagram, end);
      };
    }),
  /** Keys outlive their channel. */
  hoards: () => patched(ReceiveKeys.prototype, "erase", () => () => undefined),
};

/** How to undo it. */
function patched<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  make: (original: T[K]) => T[K],
): () => void {
  const original = prototype[name];
  prototype[name] = make(original);
  return () => {
    prototype[name] = original;
  };
}

export const PLANT_NAMES = [...Object.keys(PLANTS), ...Object.keys(PATCHES)];

/** Runs with the plant in place; without one, runs. */
export function withPlant<T>(name: string | undefined, run: (plant: Plant | undefined) => T): T {
  if (name === undefined) return run(undefined);
  const patch = PATCHES[name];
  if (patch === undefined) return run(PLANTS[name]);
  const restore = patch();
  try {
    return run(undefined);
  } finally {
    restore();
  }
}
