/** The demo as a newcomer runs it, over a path that loses: what is asked of it is that all of it happens. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

function demo(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [resolve("test/demo/main.ts"), ...args],
      { timeout: 120_000 },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}

test("[AFC-5, AFC-11] one datagram in twenty lost each way: the demo's file of 1 MiB is one message, and all steps happen", async () => {
  const { code, stdout, stderr } = await demo("--loss", "5");
  expect(stderr).toBe("");
  expect(stdout).toContain("A file of 1.05 MB as one message");
  expect(stdout).toMatch(/^ +udp +100 % of 1\.05 MB there$/m);
  expect(stdout).toMatch(/acknowledged, .* [1-9]\d* dropped on the way/);
  expect(stdout).toContain("ok the SHA-256 is the same at both ends");
  expect(stdout).toMatch(/All of it happened: 15 steps/);
  // No terminal: lines, and nothing that moves.
  expect(stdout).not.toMatch(/[\r\u001b]/u);
  expect(code).toBe(0);
}, 120_000);

test("--help says what there is; what makes no sense is refused before anything starts", async () => {
  const help = await demo("--help");
  expect(help).toMatchObject({ code: 0, stderr: "" });
  for (const word of ["--daemon", "--loss", "Example"]) expect(help.stdout).toContain(word);
  for (const args of [["--loss", "many"], ["--loss", "21"], ["--loss", "-1"], ["--frob"], ["extra"]]) {
    const refused = await demo(...args);
    expect(refused, args.join(" ")).toMatchObject({ code: 64, stdout: "" });
    expect(refused.stderr).toContain("--help");
  }
});
