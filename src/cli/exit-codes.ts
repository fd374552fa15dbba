/** Of every command. From 64 on they are those of sysexits(3). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 64,
  unavailable: 69,
  software: 70,
  osFile: 71,
  config: 78,
} as const;
