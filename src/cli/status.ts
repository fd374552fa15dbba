/** `aranya-edge status`: what a running daemon says of itself. */
import { AranyaError, Client } from "../client/index.ts";
import type { DaemonStatus } from "../client/index.ts";

const TIMEOUT_MS = 5000;
const UDP = {
  segments: "segments: the kernel cuts and merges, many datagrams a system call",
  dgram: "dgram: one datagram a system call, as every Node can",
} as const;
const AEAD = {
  evp: "evp: OpenSSL's, in contexts that are kept",
  plain: "plain: node:crypto's, made anew for each datagram",
} as const;

/** True where the daemon answered. `json`: one object, as `status` of the client library has it. */
export async function printStatus(socketPath: string, json: boolean): Promise<boolean> {
  try {
    const client = await Client.connect({ socketPath, timeoutMs: TIMEOUT_MS });
    const status = await client.status();
    await client.close();
    console.log(json ? JSON.stringify(status) : describe(status));
    return true;
  } catch (error) {
    if (!(error instanceof AranyaError)) throw error;
    console.error(`aranya-edge: ${error.message} (${error.code})`);
    return false;
  }
}

function describe({ version, deviceId, afc }: DaemonStatus): string {
  return [
    `version   ${version}`,
    `device    ${deviceId ?? "no keys yet: initDevice makes them"}`,
    `afc       ${afc.listen === undefined ? "does not listen" : `listens on ${afc.listen}`}`,
    `  udp     ${UDP[afc.udp]}`,
    `  aead    ${AEAD[afc.aead]}`,
    `  ciphers ${afc.ciphers.join(", ")}`,
  ].join("\n");
}
