/** Until when the Node project fixes what is inside: https://github.com/nodejs/Release. */
const END_OF_LIFE: Readonly<Record<string, string>> = {
  20: "2026-04-30",
  22: "2027-04-30",
  24: "2028-04-30",
  26: "2029-04-30",
};

/** YYYY-MM-DD; undefined for a release line that is not in the list. */
export function endOfLifeOf(nodeVersion: string): string | undefined {
  return END_OF_LIFE[nodeVersion.split(".")[0]!];
}
