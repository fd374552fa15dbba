/** What befalls machines and the network between them, each by its name in the tally. */
import type { Prng } from "../property/model/generate.ts";
import type { HonestDevice } from "./honest.ts";
import type { Simulation } from "./simulation.ts";

type Fault = (sim: Simulation, device: HonestDevice, rng: Prng) => void;

function isOther(sim: Simulation, device: HonestDevice, rng: Prng): number {
  const others = sim.members.filter((m) => m.index !== device.index);
  return rng.pick(others).index;
}

/** The next few calls that change the disk fail, or the power goes in one of them. */
function arm(device: HonestDevice, rng: Prng, kind: string, calls?: readonly string[]): void {
  const at = device.files.trace.length + rng.between(0, 4);
  device.files.fault = { at, kind, times: kind === "crash" ? 1 : rng.between(1, 6), ...(calls && { calls }) };
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  "fault: cut link": (sim, device, rng) => {
    sim.network.set(device.index, isOther(sim, device, rng), "cut");
  },
  "fault: partition": (sim, _device, rng) => {
    const side = sim.members.map(() => rng.chance(0.5));
    for (const a of sim.members) {
      for (const b of sim.members) {
        if (a.index < b.index && side[a.index] !== side[b.index]) sim.network.set(a.index, b.index, "cut");
      }
    }
  },
  "fault: silent link": (sim, device, rng) => {
    sim.network.set(device.index, isOther(sim, device, rng), "silent");
  },
  "fault: slow link": (sim, device, rng) => {
    sim.network.set(device.index, isOther(sim, device, rng), "good", rng.between(1000, 90_000));
  },
  "fault: links healed": (sim) => sim.network.healAll(),
  "fault: connection lost": (sim, device) => {
    sim.network.drop((a, b) => a === device.index || b === device.index);
  },
  "fault: power cut": (_sim, device) => {
    if (device.teams !== undefined) device.cutPower();
  },
  "fault: power cut armed": (_sim, device, rng) => arm(device, rng, "crash"),
  "fault: disk full": (_sim, device, rng) => arm(device, rng, "ENOSPC", ["write", "create", "makeDirectory"]),
  "fault: disk error": (_sim, device, rng) => arm(device, rng, "EIO"),
  "fault: short writes": (_sim, device, rng) => {
    device.files.shortWrites = rng.chance(0.7);
  },
  "fault: restart": (_sim, device) => {
    device.stop();
    device.start();
  },
  "fault: bit rot": (_sim, device) => {
    device.stop();
    device.rot();
    device.start();
  },
  "fault: log lost": (_sim, device) => {
    device.stop();
    device.loseLog();
    device.start();
  },
  "fault: clock jump": (sim, device) => {
    device.jumpClock();
    sim.clocksJumped = true;
  },
  "fault: long pause": (sim, _device, rng) => sim.scheduler.advance(rng.between(60_000, 700_000)),
};
