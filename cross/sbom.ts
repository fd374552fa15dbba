/** What is inside an executable, for machines: CycloneDX 1.6, JSON. The same executable gives the same bytes. */
import { createHash } from "node:crypto";
import type { BundledPackage } from "./packages.ts";

export interface SbomParts {
  readonly version: string;
  readonly commit: string;
  /** Seconds since 1970, of the commit. */
  readonly commitTime: number;
  readonly fileName: string;
  /** Hex. */
  readonly fileSha256: string;
  readonly packages: readonly BundledPackage[];
  readonly node: {
    readonly version: string;
    /** `process.versions` of the Node inside: what Node itself is made of. */
    readonly versions: Readonly<Record<string, string>>;
    /** Of its package; undefined for one that was brought along. */
    readonly package:
      { readonly name: string; readonly version: string; readonly integrity: string } | undefined;
    /** Hex, of the file as it was before it was stripped. */
    readonly sha256: string;
  };
}

/** By which vulnerability databases know the parts of Node that matter most. */
const CPE: Readonly<Record<string, (version: string) => string>> = {
  openssl: (v) => `cpe:2.3:a:openssl:openssl:${v.replace(/\+.*$/, "")}:*:*:*:*:*:*:*`,
  uv: (v) => `cpe:2.3:a:libuv:libuv:${v}:*:*:*:*:*:*:*`,
  zlib: (v) => `cpe:2.3:a:zlib:zlib:${v.replace(/-.*$/, "")}:*:*:*:*:*:*:*`,
  nghttp2: (v) => `cpe:2.3:a:nghttp2:nghttp2:${v}:*:*:*:*:*:*:*`,
  llhttp: (v) => `cpe:2.3:a:llhttp:llhttp:${v}:*:*:*:*:node.js:*:*`,
};

/** Numbers of interfaces and data, not of software. */
const NO_SOFTWARE = new Set(["node", "modules", "napi", "unicode", "cldr", "tz"]);

interface Component {
  readonly "bom-ref": string;
  readonly [field: string]: unknown;
}

export function sbomText(parts: SbomParts): string {
  const own = `pkg:npm/aranya-edge@${parts.version}`;
  const libraries = parts.packages.map(library);
  const node = nodeComponent(parts.node);
  const body = {
    metadata: {
      timestamp: new Date(parts.commitTime * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": own,
        name: "aranya-edge",
        version: parts.version,
        licenses: [{ license: { id: "Apache-2.0" } }],
        purl: own,
        hashes: [{ alg: "SHA-256", content: parts.fileSha256 }],
        properties: [
          { name: "aranya-edge:commit", value: parts.commit },
          { name: "aranya-edge:file", value: parts.fileName },
        ],
      },
    },
    components: [...libraries, node],
    dependencies: [
      { ref: own, dependsOn: [...libraries, node].map((component) => component["bom-ref"]) },
      ...[...libraries, node].map((component) => ({ ref: component["bom-ref"] })),
    ],
  };
  const head = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    version: 1,
  };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}

function library({ name, version, licence, integrity }: BundledPackage): Component {
  const purl = `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    licenses: [/ (?:AND|OR|WITH) /.test(licence) ? { expression: licence } : { license: { id: licence } }],
    purl,
    hashes: [npmHash(integrity)],
  };
}

function nodeComponent({ version, versions, package: from, sha256 }: SbomParts["node"]): Component {
  const ref = `pkg:generic/node@${version}`;
  const inside = Object.entries(versions).filter(([name]) => !NO_SOFTWARE.has(name));
  return {
    type: "platform",
    "bom-ref": ref,
    name: "node",
    version,
    licenses: [{ license: { id: "MIT" } }],
    purl: from === undefined ? ref : `pkg:npm/${from.name}@${from.version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    hashes: [{ alg: "SHA-256", content: sha256 }],
    ...(from !== undefined && {
      properties: [{ name: "aranya-edge:package-integrity", value: from.integrity }],
    }),
    components: inside
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, v]) => ({
        type: "library",
        "bom-ref": `${ref}#${name}`,
        name,
        version: v,
        ...(CPE[name] !== undefined && { cpe: CPE[name](v) }),
      })),
  };
}

function npmHash(integrity: string): { alg: string; content: string } {
  const [, bits, digest] = /^sha(\d+)-(.+)$/.exec(integrity)!;
  return { alg: `SHA-${bits}`, content: Buffer.from(digest!, "base64").toString("hex") };
}

/** Version 8: made from what it names, so that it is the same again. */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
