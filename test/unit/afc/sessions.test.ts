import { describe, expect, test } from "vitest";
import { PREVIOUS_KEY_MS, ReceiveKeys, SendKeys } from "../../../src/afc/keys.ts";
import { REKEY_WITHIN_MS } from "../../../src/afc/rekey.ts";
import { Sessions } from "../../../src/afc/sessions.ts";
import type { Session } from "../../../src/afc/sessions.ts";
import { writeDatagramHeader } from "../../../src/afc/wire.ts";
import { after, instant } from "../../../src/base/time.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";

const suite = nodeSuite();
const NOW = instant(5);
const LIMITS = { rotateAfterBytes: 1 << 30, rotateAfterDatagrams: 1 << 20, rotateAfterMs: 1e9 };
const chain = (n: number): Uint8Array => new Uint8Array(32).fill(n);

/** Ours, with the index n; the peer seals what it opens with the chain key n. */
function session(n: number): Session {
  const cipher = "chacha20-poly1305";
  return {
    index: n,
    peerIndex: 100 + n,
    send: new SendKeys(suite, cipher, chain(50 + n), LIMITS, NOW),
    receive: new ReceiveKeys(suite, cipher, chain(n)),
    startedAt: NOW,
  };
}

/** What the peer seals under the session with our index n. */
function from(n: number): (sequence: number) => Uint8Array {
  const keys = new SendKeys(suite, "chacha20-poly1305", chain(n), LIMITS, NOW);
  return (sequence) => {
    const datagram = new Uint8Array(33);
    writeDatagramHeader(datagram, 0, 33, n, sequence);
    datagram[16] = n;
    keys.seal(nonceOf(datagram), datagram, 17);
    return datagram;
  };
}

function nonceOf(datagram: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce.set(datagram.subarray(8, 16), 4);
  return nonce;
}

function sessions(): {
  of: Sessions;
  gone: number[];
  opens: (datagram: Uint8Array, sequence: number) => boolean;
} {
  const gone: number[] = [];
  const of = new Sessions(session(1), { release: (index) => void gone.push(index) }, { rekeys: 0 });
  return {
    of,
    gone,
    opens: (d, sequence) => of.open(d, sequence, nonceOf(d), NOW),
  };
}

describe("[AFC-7] the responder", () => {
  test("opens with the next keys at once, and changes on the first datagram under them", () => {
    const { of, opens, gone } = sessions();
    const [old, fresh] = [from(1), from(2)];
    expect(opens(old(1), 1)).toBe(true);
    expect(opens(fresh(2), 2)).toBe(false); // not agreed yet
    of.prepare(session(2));
    expect([of.current.index, of.settled, of.prepared]).toEqual([1, false, true]);
    const forged = fresh(3);
    forged[20]! ^= 1;
    expect(opens(forged, 3)).toBe(false);
    expect(of.current.index).toBe(1);
    expect(opens(fresh(1), 1)).toBe(false); // lower than what came under the old
    expect(opens(fresh(5), 5)).toBe(true);
    expect([of.current.index, of.settled, of.prepared]).toEqual([2, false, false]);
    // Stragglers, but not at or above the first number under the new keys.
    expect(opens(old(4), 4)).toBe(true);
    expect(opens(old(5), 5)).toBe(false);
    expect(opens(old(9), 9)).toBe(false);
    expect(opens(fresh(3), 3)).toBe(true);
    expect(opens(old(4), 4)).toBe(false);
    expect(gone).toEqual([]);
    expect(of.dueAt).toBe(after(NOW, PREVIOUS_KEY_MS));
    of.handleTimeout(after(NOW, PREVIOUS_KEY_MS));
    expect(gone).toEqual([1]);
    expect(opens(old(2), 2)).toBe(false);
    expect([of.settled, of.dueAt]).toEqual([true, undefined]);
  });
});

describe("[AFC-7] the initiator", () => {
  test("changes at once, and opens with the old keys until the peer was heard under the new", () => {
    const { of, opens, gone } = sessions();
    const [old, fresh] = [from(1), from(2)];
    of.change(session(2), NOW);
    const confirmBy = after(NOW, REKEY_WITHIN_MS);
    expect([of.current.index, of.unconfirmed, of.dueAt]).toEqual([2, true, confirmBy]);
    expect([of.isOver(after(confirmBy, -1)), of.isOver(confirmBy)]).toEqual([false, true]);
    expect(opens(old(1), 1)).toBe(true);
    expect(of.unconfirmed).toBe(true);
    of.handleTimeout(after(NOW, 10 * PREVIOUS_KEY_MS));
    expect(opens(old(2), 2)).toBe(true);
    expect(opens(fresh(4), 4)).toBe(true);
    expect([of.unconfirmed, of.dueAt]).toEqual([false, after(NOW, PREVIOUS_KEY_MS)]);
    expect(of.isOver(after(confirmBy, 1))).toBe(false);
    expect(opens(old(3), 3)).toBe(true);
    expect(opens(old(5), 5)).toBe(false);
    expect(gone).toEqual([]);
  });

  test("that slept gives its peer the time from its waking", () => {
    const { of } = sessions();
    of.woke(NOW);
    expect(of.dueAt).toBeUndefined();
    of.change(session(2), NOW);
    of.woke(after(NOW, 3 * REKEY_WITHIN_MS));
    expect(of.dueAt).toBe(after(NOW, 4 * REKEY_WITHIN_MS));
    expect(of.isOver(after(NOW, 4 * REKEY_WITHIN_MS - 1))).toBe(false);
  });

  test("never keeps more than one session before: the older goes", () => {
    const { of, gone } = sessions();
    of.change(session(2), NOW);
    of.change(session(3), NOW);
    expect(gone).toEqual([1]);
    expect(of.indexes).toEqual([3, 2]);
    of.erase();
    expect(gone).toEqual([1, 3, 2]);
  });

  test("counts what is sealed and opened under the current keys", () => {
    const { of, opens } = sessions();
    expect(of.bytes).toBe(0);
    expect(opens(from(1)(1), 1)).toBe(true);
    of.current.send.seal(new Uint8Array(12), new Uint8Array(42), 26);
    expect(of.bytes).toBe(11);
    of.change(session(2), NOW);
    expect(of.bytes).toBe(0);
  });
});
