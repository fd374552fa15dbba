import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mac1Key } from "../../../src/afc/mac.ts";
import type { Local } from "../../../src/afc/handshake.ts";
import { RekeyInitiator, RekeyResponder } from "../../../src/afc/rekey.ts";
import { TYPE } from "../../../src/afc/wire.ts";
import { toHex } from "../../../src/base/bytes.ts";
import type { AeadName } from "../../../src/crypto/cipher-suite.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { instant } from "../../../src/base/time.ts";
import type { CipherSuite } from "../../../src/crypto/cipher-suite.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Net, Peer, WatchedSuite, device, seededEntropy } from "./harness.ts";

interface Life {
  readonly cipher: AeadName;
  readonly datagrams: readonly { readonly from: number; readonly bytes: string }[];
}

/** Two seeded devices from message 1 to the close, with one rotation of keys. */
function life(cipher: AeadName, noble = false): Life {
  const options = {
    ciphers: cipher === "aes-256-gcm" ? ([cipher, "chacha20-poly1305"] as const) : ([cipher] as const),
    rotateAfterDatagrams: 4,
    ...(noble ? { suite: new WatchedSuite(nobleSuite()).suite } : {}),
  };
  const a = new Peer(1, options);
  const b = new Peer(2, options);
  const net = new Net([a, b]);
  const handle = net.connect(a, b, { payload: new TextEncoder().encode("ephemeral command") });
  net.run(100);
  for (const message of ["", "first", "second", "third"]) {
    a.endpoint.send(handle, new TextEncoder().encode(message), net.later(1000));
    net.run(100);
  }
  b.endpoint.send(b.handle, new TextEncoder().encode("answer"), net.later(1000));
  net.run(100);
  a.endpoint.close(handle, 513, net.now);
  net.drain();
  return {
    cipher,
    datagrams: net.log.map((w) => ({
      from: w.from.host === a.device.address.host ? 1 : 2,
      bytes: toHex(w.datagram),
    })),
  };
}

const frozen = JSON.parse(
  readFileSync(new URL("../../vectors/afc-0.1.0.json", import.meta.url), "utf8"),
) as readonly Life[];

test.each(["chacha20-poly1305", "aes-256-gcm"] as const)(
  "[AFC-6] version 1 to the bit, with %s",
  (cipher) => {
    const expected = frozen.find((l) => l.cipher === cipher);
    expect(life(cipher)).toEqual(expected);
    expect(life(cipher, true)).toEqual(expected);
  },
);

test("the frozen life has everything in it", () => {
  for (const { datagrams } of frozen) {
    const first = (n: number): number[] =>
      datagrams.map((d) => Number.parseInt(d.bytes.slice(2 * n, 2 * n + 2), 16));
    expect(new Set(first(0))).toEqual(new Set([TYPE.message1, TYPE.message2, TYPE.datagram]));
    expect(Math.max(...first(1))).toBeGreaterThan(1); // key phases
  }
});

interface Fresh {
  /** A handshake under load: message 1, cookie, message 1 with mac2, message 2. */
  readonly cookie: readonly string[];
  readonly rekey: {
    readonly hashBefore: string;
    readonly frame1: string;
    readonly frame2: string;
    readonly initiatorToResponder: string;
    readonly responderToInitiator: string;
    readonly hash: string;
  };
}

function fresh(suite: CipherSuite): Fresh {
  const a = new Peer(1, { suite });
  const b = new Peer(2, { suite, limits: { handshakesPerSecondMax: 0 } });
  const net = new Net([a, b]);
  net.connect(a, b, { payload: new TextEncoder().encode("ephemeral command") });
  net.run(1000);
  const cookie = net.log.filter((w) => w.datagram[0] !== TYPE.datagram).map((w) => toHex(w.datagram));

  const local = (n: number): Local => ({
    suite,
    staticKey: { secret: device(n).secret, public: device(n).key },
    deviceId: new Uint8Array(32),
    mac1Key: mac1Key(suite, device(n).key),
  });
  const hash = new Uint8Array(32).fill(9);
  const now = instant(0);
  const initiator = new RekeyInitiator();
  initiator.begin(local(1), device(2).key, hash, 0x01020304, seededEntropy(5).bytes(32), now);
  const frame1 = initiator.produce(now)!;
  const responder = new RekeyResponder();
  responder.receive(local(2), device(1).key, hash, frame1, true, now);
  const { keys } = responder.accept(0x05060708, seededEntropy(6).bytes(32))!;
  const frame2 = responder.produce()!;
  expect(initiator.receive(frame2)).toEqual({ index: 0x01020304, peerIndex: 0x05060708, keys });
  return {
    cookie,
    rekey: {
      hashBefore: toHex(hash),
      frame1: toHex(frame1),
      frame2: toHex(frame2),
      initiatorToResponder: toHex(keys.initiatorToResponder),
      responderToInitiator: toHex(keys.responderToInitiator),
      hash: toHex(keys.hash),
    },
  };
}

test("[AFC-7] [AFC-12] cookie and rekey to the bit", () => {
  const expected = JSON.parse(
    readFileSync(new URL("../../vectors/afc-fresh-0.1.0.json", import.meta.url), "utf8"),
  ) as Fresh;
  expect(expected.cookie.map((d) => Number.parseInt(d.slice(0, 2), 16))).toEqual([1, 3, 1, 2]);
  expect(fresh(nodeSuite())).toEqual(expected);
  expect(fresh(nobleSuite())).toEqual(expected);
});
