import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TYPE } from "../../../src/afc/wire.ts";
import { toHex } from "../../../src/base/bytes.ts";
import type { AeadName } from "../../../src/crypto/cipher-suite.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { Net, Peer, WatchedSuite } from "./harness.ts";

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
