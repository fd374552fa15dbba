/** Which aranya-edge this is, from which commit, and what runs it. */
import { endOfLifeOf } from "./node-release.ts";

/** Set when it is built; what runs from source is no release. */
declare const ARANYA_EDGE_VERSION: string | undefined;
declare const ARANYA_EDGE_COMMIT: string | undefined;
/** Seconds since 1970. */
declare const ARANYA_EDGE_COMMIT_TIME: number | undefined;

export const VERSION = typeof ARANYA_EDGE_VERSION === "string" ? ARANYA_EDGE_VERSION : "source";
export const COMMIT = typeof ARANYA_EDGE_COMMIT === "string" ? ARANYA_EDGE_COMMIT : "unknown";

/** No honest clock is earlier than this, in milliseconds since 1970. */
export const COMMITTED_AT_MS =
  typeof ARANYA_EDGE_COMMIT_TIME === "number" ? ARANYA_EDGE_COMMIT_TIME * 1000 : Date.UTC(2026, 10, 1);

export interface VersionReport {
  readonly schema: "version/1";
  readonly version: string;
  /** Twelve hex digits, `-dirty` after them where the checkout differed from the commit. */
  readonly commit: string;
  readonly node: string;
  /** The last day on which this Node gets security fixes, YYYY-MM-DD; null for one we have no date of. */
  readonly nodeEndOfLife: string | null;
  readonly openssl: string;
  readonly architecture: string;
}

export function versionReport(): VersionReport {
  const { node, openssl } = process.versions;
  return {
    schema: "version/1",
    version: VERSION,
    commit: COMMIT,
    node,
    nodeEndOfLife: endOfLifeOf(node) ?? null,
    openssl,
    architecture: process.arch,
  };
}

export function versionText(report: VersionReport): string {
  const { version, commit, node, nodeEndOfLife, openssl, architecture } = report;
  return [
    `aranya-edge ${version}`,
    `commit      ${commit}`,
    `node        ${node}, ${nodeEndOfLife === null ? "end of life unknown" : `end of life ${nodeEndOfLife}`}`,
    `openssl     ${openssl}`,
    `system      linux ${architecture}`,
  ].join("\n");
}
