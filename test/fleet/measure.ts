/** The configurations a fleet is measured in, and how. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DaemonProcess } from "../support/daemon-process.ts";
import { DaemonFleet } from "./daemon-fleet.ts";
import { ALL_ALIVE, ONE_IN_EIGHT_DEAD } from "./series.ts";
import type { Series } from "./series.ts";
import type { Shape } from "./wiring.ts";

export interface MeasureOptions {
  readonly members: number;
  /** To be measured, of each series. */
  readonly labels: number;
  readonly newDaemon: () => DaemonProcess;
  readonly say: (text: string) => void;
}

export interface Configuration {
  readonly id: string;
  readonly run: (options: MeasureOptions) => Promise<Series[]>;
}

const POLL_MS = 1000;
/** So rare that it brings no label. */
const RARELY_MS = 60_000;
/** Between two labels: longer than what keeps hellos apart, so that each finds all at rest. */
const REST_MS = 500;
/** Fractions of its multiples fall evenly between 0 and 1: labels are made at all times between two polls. */
const GOLDEN_RATIO = 0.618_033_988_75;
/** A dead daemon for so many living, so that it is one in eight, and each is a peer of two: so are peers. */
const LIVING_FOR_EACH_DEAD = 7;
/** At most so many labels before peers die or are parted from. */
const BLOCK_MAX = 5;

export const CONFIGURATIONS: readonly Configuration[] = [
  arrangement("ring", false),
  arrangement("ring", true),
  arrangement("star", false),
  arrangement("star", true),
  { id: "dead-peer", run: deadPeer },
];

function arrangement(shape: Shape, hello: boolean): Configuration {
  const id = `${shape}-${hello ? "hello" : "poll"}`;
  const what = `${shape}, ${hello ? "hello" : "polling every second"}`;
  return {
    id,
    run: async (options) => {
      const { members, labels } = options;
      const say = (text: string): void => options.say(`${id}: ${text}`);
      const rateMs = hello ? RARELY_MS : POLL_MS;
      const fleet = new DaemonFleet({ ...options, say, shape, asides: 0, hello, rateMs });
      const found: number[][] = [];
      try {
        await fleet.start();
        for (let i = 0; i <= labels; i++) {
          say(i === 0 ? "warming up" : `label ${i} of ${labels}`);
          const times = [...(await fleet.label(`label ${i}`)).values()];
          if (i > 0) found.push(times);
          await sleep(REST_MS + ((i * GOLDEN_RATIO) % 1) * POLL_MS);
        }
      } finally {
        await fleet.close();
      }
      return [{ id, what: `${what}, ${members} daemons`, labels: found }];
    },
  };
}

/**
 * A ring with hello, and more daemons that do nothing: when they count as dead, they were its peers and then stopped in their
 * tracks, otherwise they are nobody's. So the ring has the machine to itself either way, and only peers that do not answer make
 * the difference. In the order without, with, with, without, since machines get slower and faster.
 */
export async function deadPeer(options: MeasureOptions): Promise<Series[]> {
  const { members, labels } = options;
  const say = (text: string): void => options.say(`dead-peer: ${text}`);
  const asides = Math.max(1, Math.round(members / LIVING_FOR_EACH_DEAD));
  const fleet = new DaemonFleet({ ...options, say, shape: "ring", asides, hello: true, rateMs: RARELY_MS });
  const found: Record<Arm, number[][]> = { without: [], with: [] };
  let was: Arm = "without";
  try {
    await fleet.start();
    say("warming up");
    await fleet.label("warm-up");
    for (const [i, arm] of turns(labels, Math.min(Math.ceil(labels / 2), BLOCK_MAX)).entries()) {
      say(`label ${i + 1} of ${2 * labels}, ${arm} dead peers`);
      if (arm !== was) {
        await (arm === "with" ? fleet.befriend() : fleet.part());
        // Does not count: what follows shall not depend on what the change left to do.
        await fleet.label(`before label ${i}`);
        await sleep(REST_MS);
        if (arm === "with") for (const place of fleet.asides) fleet.freeze(place);
      }
      was = arm;
      await sleep(REST_MS);
      found[arm].push([...(await fleet.label(`label ${i}`)).values()]);
    }
  } finally {
    await fleet.close();
  }
  const what = `ring of ${members}, hello,`;
  return [
    { id: ALL_ALIVE, what: `${what} all peers alive`, labels: found.without },
    { id: ONE_IN_EIGHT_DEAD, what: `${what} and ${asides} dead: one peer in eight`, labels: found.with },
  ];
}

type Arm = "without" | "with";

/** Each arm so many times, in blocks; blocks of one arm lie on either side of the other's. */
export function turns(count: number, block: number): Arm[] {
  const arms: Arm[] = [];
  for (let done = 0, isOdd = false; done < count; done += block, isOdd = !isOdd) {
    const length = Math.min(block, count - done);
    const [first, second]: [Arm, Arm] = isOdd ? ["with", "without"] : ["without", "with"];
    arms.push(...Array<Arm>(length).fill(first), ...Array<Arm>(length).fill(second));
  }
  return arms;
}
