/**
 * What V8 is told in executables, and so in whatever stands for one in the bench. Node before 26 takes no options from an
 * executable, and these cannot be set once it runs.
 */
export const V8_FLAGS = [
  // MiB; three times that is what young garbage fills before it is collected. V8 would take 16.
  "--max-semi-space-size=2",
] as const;
