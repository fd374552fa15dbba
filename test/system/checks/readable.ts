/** Manual pages and completions where they were installed: found by name, by those who look for them. */
import type { Machine } from "../lib/machine.ts";
import { assert } from "../lib/world.ts";

/** `share`: the directory they are under; `zsh`: the one of its functions. */
export async function readable(machine: Machine, share: string, zsh: string): Promise<void> {
  // Debian has /usr/local/man as a link.
  const found = await machine.ok('realpath "$(man -w aranya-edge)"');
  assert.equal(found, `${share}/man/man1/aranya-edge.1.gz`);
  // A page of the usual width man-db would keep in a cache of its own, where it stays after a purge.
  const page = await machine.ok("MANWIDTH=100 man aranya-edge-status");
  assert.match(page, /what needs\s+attention/);
  assert.match(page, /^EXAMPLES/m);
  // As Tab does: bash-completion looks for a file of the program's name.
  const tab =
    'source /usr/share/bash-completion/bash_completion; _completion_loader aranya-edge; COMP_WORDS=(aranya-edge st); COMP_CWORD=1; _aranya_edge; echo "${COMPREPLY[*]}"';
  assert.equal(await machine.ok(`bash -c '${tab}'`), "status");
  for (const path of [`${zsh}/_aranya-edge`, "fish/vendor_completions.d/aranya-edge.fish"]) {
    assert.match(machine.read(`${share}/${path}`), /completion for aranya-edge/, path);
  }
}
