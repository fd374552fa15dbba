import { describe, expect, test } from "vitest";
import { formatAddress, isIpv4, parseAddress } from "../../../src/base/address.ts";

const long = `${"a".repeat(63)}.`.repeat(3) + "b".repeat(61);

describe("parseAddress", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1", 4321],
    ["0.0.0.0:4321", "0.0.0.0", 4321],
    ["255.255.255.255:1", "255.255.255.255", 1],
    ["hub", "hub", 4321],
    ["Hub-1.Example.COM:65535", "hub-1.example.com", 65535],
    ["1password.com", "1password.com", 4321],
    ["4.3.2.1.in-addr.arpa", "4.3.2.1.in-addr.arpa", 4321],
    [long, long, 4321],
  ])("[SYN-1] reads %s", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  test.each([
    "",
    ":",
    ":4321",
    "hub:",
    "hub:0",
    "hub:65536",
    "hub:04321",
    "hub:+1",
    "hub:1e3",
    "hub:99999999999",
    "hub:1:2",
    "hub: 1",
    " hub",
    "hub ",
    "hub\n",
    "hub:4321\n",
    "hub.",
    ".hub",
    "a..b",
    "-a",
    "a-",
    "a_b",
    "ä.de",
    "hub/x",
    "user@hub",
    "256.0.0.1",
    "010.0.0.1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.-4",
    "127.1",
    "2130706433",
    "0x7f000001",
    "a.0x7f",
    "a.1",
    "::1",
    "[::1]:4321",
    "[::1]",
    "fe80::1%eth0",
    "1.2.3.4:",
    "\u{1d7cf}.2.3.4",
    "\u212aelvin",
    "a".repeat(64),
    `${long}c`,
    "%00",
    "a\u0000b",
  ])("[IDAM-8] refuses %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test("port 0 only where the caller listens", () => {
    expect(parseAddress("127.0.0.1:0", 0)).toEqual({ host: "127.0.0.1", port: 0 });
    expect(parseAddress("127.0.0.1:00", 0)).toBeUndefined();
  });

  test("every address has one spelling", () => {
    for (const text of ["HUB:4321", "hub", "10.0.0.1:80", "a.b:1"]) {
      const spelled = formatAddress(parseAddress(text)!);
      expect(formatAddress(parseAddress(spelled)!)).toBe(spelled);
    }
    expect(formatAddress({ host: "hub", port: 4321 })).toBe("hub");
    expect(formatAddress({ host: "hub", port: 80 })).toBe("hub:80");
  });

  test("isIpv4 takes the whole text", () => {
    expect(isIpv4("1.2.3.4")).toBe(true);
    for (const text of ["1.2.3.4\n", "1.2.3", "1.2.3.256", "01.2.3.4", ""]) expect(isIpv4(text)).toBe(false);
  });
});
