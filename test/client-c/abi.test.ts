/** What the compiler says of the header, and that a change planted in it is seen: the check of src/client-c/abi sees with these eyes. */
import { readFileSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareFacts, parseFacts } from "../../cross/client-c/abi-compare.ts";
import { headerFacts } from "../../cross/client-c/abi-facts.ts";
import { ROOT } from "../support/source-tree.ts";

const HEADER = readFileSync(join(ROOT, "src/client-c/include/aranya_edge.h"), "utf8");
const BUILT = headerFacts(HEADER, "gcc");

/** What is broken with this in the header in place of that. */
function planted(that: string, by: string): { broken: readonly string[]; added: readonly string[] } {
  expect(HEADER).toContain(that);
  return compareFacts(BUILT, headerFacts(HEADER.replace(that, by), "gcc"));
}

test("the header is read whole: what it declares is what src/client-c/abi has", () => {
  const processor = arch() === "arm64" ? "arm64" : "x86-64";
  const promised = parseFacts(readFileSync(join(ROOT, `src/client-c/abi/0.1.0/${processor}.txt`), "utf8"));
  for (const key of promised.keys())
    if (!/^(soname|symbol )/.test(key)) expect([...BUILT.keys()]).toContain(key);
  for (const value of BUILT.values()) expect(value).not.toBe("");
});

test.each([
  ["a field goes away", "\tuint8_t signature[64];\n", "", "struct aranya_edge_key_bundle"],
  [
    "a field becomes wider",
    "\tuint32_t timeout_ms;",
    "\tuint64_t timeout_ms;",
    "field aranya_edge_options.timeout_ms",
  ],
  [
    "a field becomes signed",
    "\tuint32_t timeout_ms;",
    "\tint32_t timeout_ms;",
    "field aranya_edge_options.timeout_ms",
  ],
  ["a number changes", "ARANYA_EDGE_TIMEOUT = 20", "ARANYA_EDGE_TIMEOUT = 31", "value ARANYA_EDGE_TIMEOUT"],
  ["a buffer grows", "KEY_BUNDLE_BYTES 512u", "KEY_BUNDLE_BYTES 513u", "bytes ARANYA_EDGE_KEY_BUNDLE_BYTES"],
  [
    "a parameter changes",
    "aranya_edge_fd(const aranya_edge *client)",
    "aranya_edge_fd(int client)",
    "function aranya_edge_fd",
  ],
])("planted: %s", (_, that, by, key) => {
  expect(planted(that, by).broken.join("\n")).toContain(key);
});

test("planted: a new status, and a new function, are additions", () => {
  const status = planted(
    "ARANYA_EDGE_OK = 0,",
    "ARANYA_EDGE_OK = 0, /**< */\n\tARANYA_EDGE_NOT_INVITED = 31,",
  );
  expect(status).toEqual({ broken: [], added: ["value ARANYA_EDGE_NOT_INVITED 31"] });
  const call = planted(
    "ARANYA_EDGE_API int aranya_edge_fd",
    "ARANYA_EDGE_API int aranya_edge_new(void);\nARANYA_EDGE_API int aranya_edge_fd",
  );
  expect(call).toEqual({ broken: [], added: ["function aranya_edge_new int (void)"] });
});

test("what it cannot read it does not pass over", () => {
  const odd = HEADER.replace(
    "typedef struct aranya_edge aranya_edge;",
    "typedef struct aranya_edge aranya_edge;\ntypedef int aranya_edge_number;",
  );
  expect(() => headerFacts(odd, "gcc")).toThrow("cannot read");
});
