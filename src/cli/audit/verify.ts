/** `aranya-edge audit verify`: what the lines prove, in words. */
import { AuditVerifier } from "../../audit/verify.ts";
import type { Verification, VerifyOptions } from "../../audit/verify.ts";
import { count, printable } from "../terminal.ts";
import type { AuditSource } from "./sources.ts";

export function verifySources(sources: readonly AuditSource[], options: VerifyOptions): Verification {
  const verifier = new AuditVerifier(options);
  for (const source of sources) {
    verifier.beginFile(source.name);
    for (const line of source.lines()) verifier.add(line, source.bytes);
  }
  return verifier.finish();
}

export function verificationText(found: Verification, files: number, isDeviceKnown: boolean): string {
  const { isSound, lines, from, to, seals, sealedTo, unsealed, deviceId, head, tornBytes } = found;
  const out = [isSound ? "sound: each line follows from the one before" : "NOT SOUND"];
  if (from !== undefined && to !== undefined) {
    out.push(`lines     ${from.seq} to ${to.seq} (${lines}) in ${count(files, "file")}`);
    out.push(`time      ${time(from.at)} to ${time(to.at)}, by the device's clock`);
  }
  const device =
    deviceId === undefined ? "" : ` of ${deviceId}${isDeviceKnown ? "" : " (whose is that? see --device)"}`;
  if (seals === 0) out.push("seals     none: whoever could write the file could have written all of it");
  else
    out.push(
      `seals     ${count(seals, "seal")}${device}${sealedTo === undefined ? "" : `, up to line ${sealedTo}`}`,
    );
  if (seals > 0 && unsealed > 0) {
    out.push(`unsealed  the last ${count(unsealed, "line")}: whoever could write the file could change them`);
  }
  if (head !== undefined) out.push(`head      ${head}`);
  if (tornBytes > 0) {
    out.push(`torn      ${tornBytes} bytes of a line: being written, or cut off by a power cut`);
  }
  for (const { file, line, message } of found.damages) {
    out.push(
      printable(
        `lost      ${file}:${line}: ${message}; behind the last seal, as the device found itself when it started`,
      ),
    );
  }
  for (const { file, line, message } of found.findings) {
    const place = file === undefined ? "" : `${file}:${line}: `;
    out.push(printable(`bad       ${place}${message}`));
  }
  const more = found.findingCount - found.findings.length;
  if (more > 0) out.push(`bad       and ${more} more`);
  return out.join("\n");
}

function time(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "a time that is none" : date.toISOString();
}
