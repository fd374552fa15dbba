import { describe, expect, test } from "vitest";
import { after, instant } from "../../../src/base/time.ts";
import { PATH_MTU, PathMtu } from "../../../src/dgram-reliability/index.ts";

/** A path that takes datagrams of so many bytes, and a peer that answers at once. */
class Path {
  takes: number;
  now = instant(0);
  readonly mtu: PathMtu;
  readonly probes: number[] = [];

  constructor(takes: number, maxBytes: number) {
    this.takes = takes;
    this.mtu = new PathMtu({ maxBytes }, this.now);
  }

  /** Until there is nothing to do within `ms`. */
  run(ms: number): void {
    const until = after(this.now, ms);
    for (let steps = 0; ; steps++) {
      if (steps > 1000) throw new Error("probes without end");
      const bytes = this.mtu.probe(this.now);
      if (bytes > 0) {
        this.probes.push(bytes);
        this.mtu.onProbeSent(bytes, 50, this.now);
        if (bytes <= this.takes) this.mtu.onProbeAcked(bytes, this.now);
        continue;
      }
      const at = this.mtu.nextTimeout();
      if (at === undefined || at > until) break;
      this.now = instant(Math.max(at, this.now));
      this.mtu.handleTimeout(this.now);
    }
    this.now = until;
  }
}

describe("search", () => {
  test("the base first, then the maximum at once", () => {
    const path = new Path(1472, 1472);
    expect(path.mtu.bytes).toBe(1200);
    path.run(1000);
    expect(path.probes).toEqual([1200, 1472]);
    expect(path.mtu).toMatchObject({ bytes: 1472, state: "complete" });
    expect(path.mtu.nextTimeout()).toBeUndefined();
  });

  test.each([1200, 1207, 1280, 1400, 1463, 1464, 1472, 4000, 8972, 65_507])("finds a path of %i", (takes) => {
    const path = new Path(takes, 65_507);
    path.run(120_000);
    expect(path.mtu.state).toBe("complete");
    expect(path.mtu.bytes).toBeLessThanOrEqual(takes);
    expect(path.mtu.bytes).toBeGreaterThanOrEqual(takes - PATH_MTU.stepBytes);
    expect(path.probes.length).toBeLessThan(50);
  });

  test("a probe that is lost is repeated, three times in all", () => {
    const path = new Path(1472, 1472);
    path.run(0);
    const mtu = new PathMtu({ maxBytes: 9000 }, instant(0));
    mtu.onProbeSent(1200, 10, instant(0));
    mtu.onProbeAcked(1200, instant(5));
    for (let i = 0; i < PATH_MTU.probesMax; i++) {
      expect(mtu.probe(instant(10))).toBe(9000);
      mtu.onProbeSent(9000, 10, instant(10));
      expect(mtu.probe(instant(10))).toBe(0);
      mtu.onProbeLost(9000, instant(10));
    }
    expect(mtu.probe(instant(10))).toBe(1472);
    // Late all the same.
    mtu.onProbeAcked(9000, instant(20));
    expect(mtu).toMatchObject({ bytes: 9000, state: "complete" });
  });

  test("the time-out of a probe follows the round trip within bounds", () => {
    const at = (ptoMs: number): number | undefined => {
      const mtu = new PathMtu({ maxBytes: 9000 }, instant(0));
      mtu.onProbeSent(1200, ptoMs, instant(0));
      return mtu.nextTimeout();
    };
    expect([at(1), at(2000), at(60_000)]).toEqual([1000, 6000, 15_000]);
  });

  test("a path that has grown is noticed after ten minutes, not before", () => {
    const path = new Path(1300, 1472);
    path.run(60_000);
    const { bytes } = path.mtu;
    path.takes = 1472;
    path.run(PATH_MTU.raiseMs - 60_001);
    expect(path.mtu.bytes).toBe(bytes);
    path.run(60_001);
    expect(path.mtu.bytes).toBe(1472);
  });

  test("a peer that does not answer costs ever fewer probes", () => {
    const path = new Path(0, 1472);
    path.run(600_000);
    expect(path.probes.length).toBeLessThan(50);
    expect(path.mtu).toMatchObject({ bytes: 1200, state: "base" });
    path.takes = 1472;
    path.run(20_000);
    expect(path.mtu.bytes).toBe(1472);
  });
});

describe("black holes", () => {
  const found = (): Path => {
    const path = new Path(1472, 1472);
    path.run(10);
    return path;
  };

  test("three signs and no large packet acknowledged between them: back to the base, and search anew", () => {
    const path = found();
    for (let i = 0; i < PATH_MTU.probesMax; i++) {
      expect(path.mtu.bytes).toBe(1472);
      path.mtu.onPacketFate(1472, i === 0 ? "lost" : "timeout", after(path.now, i));
      path.mtu.onPacketFate(1200, "acknowledged", after(path.now, i));
    }
    expect(path.mtu).toMatchObject({ bytes: 1200 });
    path.takes = 1300;
    path.run(60_000);
    expect(path.mtu.bytes).toBeGreaterThan(1300 - PATH_MTU.stepBytes);
    expect(path.mtu.bytes).toBeLessThanOrEqual(1300);
  });

  test("a burst is one sign, small packets are none, and a large one that arrives clears them", () => {
    const path = found();
    for (let i = 0; i < 100; i++) path.mtu.onPacketFate(1472, "lost", path.now);
    for (let i = 0; i < 100; i++) path.mtu.onPacketFate(1200, "lost", after(path.now, i));
    path.mtu.onPacketFate(1472, "lost", after(path.now, 1));
    path.mtu.onPacketFate(1472, "acknowledged", after(path.now, 2));
    path.mtu.onPacketFate(1472, "lost", after(path.now, 3));
    path.mtu.onPacketFate(1472, "lost", after(path.now, 4));
    expect(path.mtu.bytes).toBe(1472);
    path.mtu.onPacketFate(1472, "lost", after(path.now, 5));
    expect(path.mtu.bytes).toBe(1200);
  });

  test("what arrives is no sign for what is larger: a path that now takes 1400 is noticed among packets of 1300", () => {
    const path = found();
    for (let i = 1; i <= 3; i++) {
      expect(path.mtu.bytes).toBe(1472);
      path.mtu.onPacketFate(1472, "lost", after(path.now, 2 * i));
      path.mtu.onPacketFate(1300, "acknowledged", after(path.now, 2 * i + 1));
    }
    expect(path.mtu.bytes).toBe(1200);
  });

  test("another path begins at the base", () => {
    const path = found();
    path.takes = 1280;
    path.mtu.onPathChange(path.now);
    expect(path.mtu).toMatchObject({ bytes: 1200, state: "base" });
    path.run(60_000);
    expect(path.mtu.bytes).toBeGreaterThan(1260);
  });
});

test("answers to what was never asked change nothing", () => {
  const mtu = new PathMtu({ maxBytes: 1472 }, instant(0));
  mtu.onProbeAcked(9000, instant(0));
  mtu.onProbeLost(1200, instant(0));
  expect(mtu.bytes).toBe(1200);
  expect(() => new PathMtu({ maxBytes: 1199 }, instant(0))).toThrow(RangeError);
});
