/** The licences of everything inside an executable, as one text that goes with it. */
import type { BundledPackage } from "./packages.ts";

export interface NoticeParts {
  readonly version: string;
  readonly ownLicence: string;
  readonly packages: readonly BundledPackage[];
  readonly nodeVersion: string;
  /** Node's own file, which has those of V8, OpenSSL and all else inside Node. */
  readonly nodeLicence: string;
}

const RULE = `\n${"=".repeat(100)}\n\n`;

export function noticeText(parts: NoticeParts): string {
  const contents = [
    `aranya-edge ${parts.version}, Apache-2.0`,
    ...parts.packages.map(({ name, version, licence }) => `${name} ${version}, ${licence}`),
    `Node.js ${parts.nodeVersion}, MIT and those of its own parts`,
  ];
  return [
    `This executable contains the following. Their licences are below, in this order.\n\n${contents.join("\n")}\n`,
    `aranya-edge ${parts.version}\n\n${parts.ownLicence.trim()}\n`,
    ...parts.packages.map(
      ({ name, version, licenceText }) => `${name} ${version}\n\n${licenceText.trim()}\n`,
    ),
    `Node.js ${parts.nodeVersion}\n\n${parts.nodeLicence.trim()}\n`,
  ].join(RULE);
}
