/** Who gets in and who has to go, without a socket. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InboundPlaces } from "../../../src/io/inbound-places.ts";
import type { Place } from "../../../src/io/inbound-places.ts";

/** Places with names, and who was put out. */
function house(
  max: number,
  strangersMax: number,
): {
  places: InboundPlaces;
  enter: (name: string, address: string) => Place | undefined;
  evicted: string[];
} {
  const places = new InboundPlaces({ max, strangersMax });
  const evicted: string[] = [];
  return { places, evicted, enter: (name, address) => places.enter(address, () => evicted.push(name)) };
}

describe("[SYN-8] strangers", () => {
  test("have all of their part, and then a newcomer gets the place of the oldest", () => {
    const { places, enter, evicted } = house(10, 3);
    for (const name of ["a", "b", "c"]) enter(name, "10.0.0.1");
    expect(evicted).toEqual([]);
    enter("d", "10.0.0.1");
    enter("e", "10.0.0.1");
    expect(evicted).toEqual(["a", "b"]);
    expect(places.strangers).toBe(3);
  });

  test("from the address with the most of them go first, however old the others are", () => {
    const { enter, evicted } = house(10, 4);
    enter("alone", "10.0.0.1");
    for (const name of ["a", "b", "c", "d", "e", "f"]) enter(name, "10.0.0.2");
    expect(evicted).toEqual(["a", "b", "c"]);
    enter("another", "10.0.0.3");
    expect(evicted).toEqual(["a", "b", "c", "d"]);
  });

  test("displace nobody who was served", () => {
    const { places, enter, evicted } = house(10, 4);
    for (let i = 0; i < 3; i++) enter(`served ${i}`, "10.0.0.1")!.served(`device ${i}`);
    for (let i = 0; i < 3; i++) enter(`kept ${i}`, "10.0.0.1")!.kept();
    for (let i = 0; i < 100; i++) enter(`stranger ${i}`, "10.0.0.1");
    expect(evicted.every((name) => name.startsWith("stranger"))).toBe(true);
    expect(places.size).toBe(10);
    expect(places.strangers).toBe(4);
  });
});

describe("[SYN-8] members", () => {
  test("that hold many idle connections lose the one served the longest ago, once strangers have little left", () => {
    const { enter, evicted } = house(4, 4);
    const [a, b] = ["a", "b", "c"].map((name) => {
      const place = enter(name, "10.0.0.1")!;
      place.served("greedy");
      return place;
    });
    enter("other", "10.0.0.1")!.served("modest");
    a!.served("greedy");
    enter("newcomer", "10.0.0.2");
    expect(evicted).toEqual(["b"]);
    b!.served("greedy"); // too late
    enter("next", "10.0.0.2");
    expect(evicted).toEqual(["b", "newcomer"]);
  });

  test("one each, and all places taken: nobody is put out, and nobody gets in", () => {
    const { places, enter, evicted } = house(2, 1);
    enter("a", "10.0.0.1")!.served("one");
    const kept = enter("b", "10.0.0.1")!;
    kept.kept();
    expect(enter("c", "10.0.0.2")).toBeUndefined();
    kept.leave();
    kept.leave();
    expect(places.size).toBe(1);
    expect(enter("c", "10.0.0.2")).toBeDefined();
    expect(evicted).toEqual([]);
  });
});

test("[SYN-8] whatever happens, there are never more than places, and each is put out once at most", () => {
  const step = fc.record({
    act: fc.constantFrom("enter", "enter", "served", "kept", "leave"),
    who: fc.nat(40),
    from: fc.nat(3),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.nat(7),
      fc.array(step, { maxLength: 120 }),
      (max, less, steps) => {
        const strangersMax = Math.max(1, max - less);
        const places = new InboundPlaces({ max, strangersMax });
        const inside = new Map<number, Place>();
        steps.forEach(({ act, who, from }, n) => {
          if (act === "enter") {
            const place = places.enter(`10.0.0.${from}`, () => expect(inside.delete(n)).toBe(true));
            if (place !== undefined) inside.set(n, place);
            return;
          }
          const [key, place] = [...inside][who % Math.max(1, inside.size)] ?? [];
          if (key === undefined || place === undefined) return;
          if (act === "served") place.served(`device ${from}`);
          else if (act === "kept") place.kept();
          else {
            place.leave();
            inside.delete(key);
          }
        });
        expect(places.size).toBe(inside.size);
        expect(places.size).toBeLessThanOrEqual(max);
        expect(places.strangers).toBeLessThanOrEqual(strangersMax);
      },
    ),
    { seed: 1, numRuns: 500 },
  );
});
