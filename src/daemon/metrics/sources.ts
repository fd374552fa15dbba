/** Where the numbers come from: each service hands in its own when asked, and nothing is counted for metrics alone. */
import type { FileCounts } from "../../io/node-files.ts";
import type { IpcCounts } from "../../io/ipc-connection.ts";
import type { ProcessFigures } from "../../io/process-figures.ts";
import type { ChannelFigures } from "../channel-figures.ts";
import type { LogCounts } from "../limited-log.ts";
import type { SyncFigures } from "../sync-service.ts";
import type { TeamFigures } from "../teams.ts";

export interface MetricsSources {
  readonly version: string;
  readonly nodeVersion: string;
  readonly platform: { readonly udp: "segments" | "dgram"; readonly aead: "evp" | "plain" };
  readonly isInitialised: () => boolean;
  readonly uptimeMs: () => number;
  readonly listening: () => Readonly<Record<"sync" | "afc" | "metrics", boolean>>;
  readonly teams: () => readonly TeamFigures[];
  readonly sync: () => SyncFigures;
  readonly channels: () => ChannelFigures;
  readonly clients: () => number;
  readonly ipc: IpcCounts;
  readonly files: FileCounts;
  readonly log: LogCounts;
  readonly loop: { readonly timers: number; readonly delayMs: number };
  readonly process: () => ProcessFigures;
  readonly receiveBufferErrors: () => number | undefined;
}
