/** Set when the executable is built; what runs from source is no release. */
declare const ARANYA_EDGE_VERSION: string | undefined;

export const VERSION = typeof ARANYA_EDGE_VERSION === "string" ? ARANYA_EDGE_VERSION : "source";
