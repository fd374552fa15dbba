/**
 * `host[:port]`: how sync peers, network names and listening sockets are written. A host is a DNS name (RFC 1123: letters,
 * digits and inner hyphens, labels of 1 to 63, 253 characters in all) or an IPv4 address in dotted quad. One spelling
 * per address, so that two devices cannot hold the same name written twice: names are lower case, octets and ports have
 * no leading zeros, the default port is left out.
 */

/** Sync over TCP and AFC over UDP alike. */
export const DEFAULT_PORT = 4321;

export interface Address {
  /** Lower-case DNS name or dotted quad. */
  readonly host: string;
  /** 1 to 65535; 0 only where the caller allowed it. */
  readonly port: number;
}

/** Undefined for anything but an address. `portMin` 0 is for listening sockets: the system picks the port. */
export function parseAddress(text: string, portMin: 0 | 1 = 1): Address | undefined {
  // Before lower case is taken: the Kelvin sign would become a "k".
  if (!/^[0-9A-Za-z.:-]+$/.test(text)) return undefined;
  const colon = text.indexOf(":");
  const host = (colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  const port = colon < 0 ? DEFAULT_PORT : parsePort(text.slice(colon + 1), portMin);
  if (port === undefined || !(isIpv4(host) || isDnsName(host))) return undefined;
  return { host, port };
}

/** The one spelling of an address. */
export function formatAddress(address: Address): string {
  return address.port === DEFAULT_PORT ? address.host : `${address.host}:${address.port}`;
}

/** Dotted quad without leading zeros: some resolvers read `010` as octal. */
export function isIpv4(host: string): boolean {
  const octets = host.split(".");
  return octets.length === 4 && octets.every((o) => /^(0|[1-9][0-9]{0,2})$/.test(o) && Number(o) <= 255);
}

const DNS_NAME_MAX = 253;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function isDnsName(host: string): boolean {
  if (host.length > DNS_NAME_MAX) return false;
  const labels = host.split(".");
  // inet_aton reads `1.2`, `127.1` and `0x7f.1` as addresses, so a name may not end in a number.
  return labels.every((l) => DNS_LABEL.test(l)) && !/^([0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1)!);
}

function parsePort(text: string, portMin: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,4})$/.test(text)) return undefined;
  const port = Number(text);
  return port >= portMin && port <= 65535 ? port : undefined;
}
