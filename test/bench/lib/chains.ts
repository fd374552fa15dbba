/** Commands in quantity, made as a device makes them, and the least that has to be done about them. */
import { createHash, createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { concat } from "../../../src/base/bytes.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { ED25519_SIGNATURE_BYTES } from "../../../src/crypto/cipher-suite.ts";
import { DOMAIN } from "../../../src/crypto/domain.ts";
import type { Actions } from "../../../src/team/actions.ts";
import type { DeviceId } from "../../../src/base/ids.ts";
import type { WorldDevice } from "../../support/world.ts";

/** `count` actions about a device, each of which changes something: labels and network names, on and off. */
export function act(actions: Actions, count: number, target: DeviceId, label: string): void {
  for (let i = 0; i < count; i++) {
    const name = `${label}-${i >> 2}.example`;
    if (i % 4 === 0) actions.assignLabel(target, label);
    else if (i % 4 === 1) actions.assignNetworkName(target, name);
    else if (i % 4 === 2) actions.revokeNetworkName(target, name);
    else actions.revokeLabel(target, label);
  }
}

/** The bytes of every command a device holds, from that one on. */
export function bytesOf(device: WorldDevice, from = 0): Uint8Array[] {
  const { source } = device.team;
  return Array.from({ length: source.size - from }, (_, i) => source.bytesAt(from + i));
}

/** Batches as sync brings them. */
export function pages(commands: readonly Uint8Array[]): Uint8Array[][] {
  const all: Uint8Array[][] = [[]];
  let pageBytes = 0;
  for (const command of commands) {
    if (pageBytes + command.length > LIMITS.syncPageBytesMax) {
      all.push([]);
      pageBytes = 0;
    }
    all.at(-1)!.push(command);
    pageBytes += command.length;
  }
  return all;
}

interface Signed {
  readonly key: KeyObject;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** What `verifyAll` needs, ready. */
export function signedBy(device: WorldDevice, commands: readonly Uint8Array[]): Signed[] {
  const x = Buffer.from(device.bundle.signingKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return commands.map((bytes) => ({
    key,
    message: concat(DOMAIN.commandSignature, bytes.subarray(ED25519_SIGNATURE_BYTES)),
    signature: bytes.subarray(0, ED25519_SIGNATURE_BYTES),
  }));
}

/** The floor of admitting: OpenSSL's verification, the key imported once. */
export function verifyAll(signed: readonly Signed[]): void {
  for (const { key, message, signature } of signed) {
    if (!verify(null, message, key, signature)) throw new Error("a signature does not hold");
  }
}

/** The floor of opening a log: what makes each command's id. */
export function hashAll(commands: readonly Uint8Array[]): void {
  for (const bytes of commands) {
    createHash("sha256").update(DOMAIN.commandId).update(bytes.subarray(ED25519_SIGNATURE_BYTES)).digest();
  }
}

/**
 * Milliseconds of processor time of this thread: what the clock would say too, were the machine ours alone. The event loop
 * has its turn first, so that nobody else's work is counted.
 */
export async function timed(work: () => void): Promise<number> {
  await new Promise((done) => setImmediate(done));
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
