/** Every call of the method table with what the table does not say. A call that is missing here is no TypeScript. */
import type { CallDoc, PublicMethod } from "./call-doc.ts";
import { CHANNELS } from "./channels.ts";
import { DEVICE } from "./device.ts";
import { NAMES } from "./names.ts";
import { QUERIES } from "./queries.ts";
import { SYNC } from "./sync.ts";
import { TEAM } from "./team.ts";

export const CALL_DOCS: Readonly<Record<PublicMethod, CallDoc>> = {
  ...DEVICE,
  ...SYNC,
  ...TEAM,
  ...NAMES,
  ...CHANNELS,
  ...QUERIES,
};

/** In the order a reader meets them. */
export const CALL_GROUPS: readonly { readonly title: string; readonly calls: readonly PublicMethod[] }[] = [
  { title: "The device and what it keeps", calls: keysOf(DEVICE) },
  { title: "Sync", calls: keysOf(SYNC) },
  { title: "Teams, devices and roles", calls: keysOf(TEAM) },
  { title: "Network names and labels", calls: keysOf(NAMES) },
  { title: "Channels", calls: keysOf(CHANNELS) },
  { title: "Asking what is", calls: keysOf(QUERIES) },
];

function keysOf<K extends string>(record: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(record) as K[];
}
