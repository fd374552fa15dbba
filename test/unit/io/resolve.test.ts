import { describe, expect, test } from "vitest";
import { TransportError } from "../../../src/base/errors.ts";
import { AddressBook, resolveIpv4 } from "../../../src/io/resolve.ts";

type Answer = readonly string[] | TransportError;

/** A resolver that gives these answers, one after the other, and counts. */
function scripted(...answers: readonly Answer[]): { book: AddressBook; asked: () => number } {
  let asked = 0;
  const book = new AddressBook(() => {
    const answer = answers[asked++]!;
    return answer instanceof TransportError ? Promise.reject(answer) : Promise.resolve(answer);
  });
  return { book, asked: () => asked };
}

const GONE = new TransportError("dns-failed", "gone");

describe("names", () => {
  test("[SYN-1] resolve to IPv4 by the system's resolver; an address stands for itself", async () => {
    expect(await resolveIpv4("localhost")).toContain("127.0.0.1");
    expect(await resolveIpv4("10.9.8.7")).toEqual(["10.9.8.7"]);
    await expect(resolveIpv4("no-such-name.invalid")).rejects.toMatchObject({ code: "dns-failed" });
  });

  test("[SYN-1] are resolved again each time", async () => {
    const { book } = scripted(["10.0.0.1"], ["10.0.0.2", "10.0.0.3"]);
    expect(await book.resolve("hub")).toEqual(["10.0.0.1"]);
    expect(await book.resolve("hub")).toEqual(["10.0.0.2", "10.0.0.3"]);
  });

  test("[SYN-1] keep their last good answer while the resolver fails or answers with nothing", async () => {
    const { book, asked } = scripted(["10.0.0.1"], [], GONE, ["10.0.0.2"]);
    for (const expected of ["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2"]) {
      expect(await book.resolve("hub")).toEqual([expected]);
    }
    expect(asked()).toBe(4);
  });

  test("that never resolved are errors, each with its reason", async () => {
    const { book } = scripted([], GONE);
    await expect(book.resolve("hub")).rejects.toMatchObject({ code: "no-address" });
    await expect(book.resolve("hub")).rejects.toMatchObject({ code: "dns-failed" });
  });

  test("do not lend each other their answers", async () => {
    const { book } = scripted(["10.0.0.1"], GONE);
    await book.resolve("hub");
    await expect(book.resolve("other")).rejects.toMatchObject({ code: "dns-failed" });
  });

  test("addresses are not asked for at all", async () => {
    const { book, asked } = scripted();
    expect(await book.resolve("10.0.0.1")).toEqual(["10.0.0.1"]);
    expect(asked()).toBe(0);
  });

  test("[SYN-8] a resolver that hangs is given up on, and asked once at a time", async () => {
    let asked = 0;
    const book = new AddressBook(() => {
      asked++;
      return new Promise(() => undefined);
    }, 20);
    const both = await Promise.allSettled([book.resolve("hub"), book.resolve("hub")]);
    for (const one of both)
      expect(one).toMatchObject({ status: "rejected", reason: { code: "dns-timeout" } });
    await expect(book.resolve("hub")).rejects.toMatchObject({ code: "dns-timeout" });
    expect(asked).toBe(1);
  });
});
