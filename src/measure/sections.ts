import type { Section } from "./section.ts";
import { channels } from "./sections/channels.ts";
import { commands } from "./sections/commands.ts";
import { start } from "./sections/start.ts";
import { storage } from "./sections/storage.ts";
import { writes } from "./sections/writes.ts";

/** In the order they run: what says most comes first, should the time be up. */
export const SECTIONS: readonly Section[] = [start, storage, writes, commands, channels];
