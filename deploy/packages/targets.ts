/** What is packaged, for whom. */
export interface PackageTarget {
  /** As in the executable's name. */
  readonly name: "x64" | "arm64" | "armv7";
  /** Debian's name of the architecture. */
  readonly debian: string;
  /** Without node:ffi the unit needs a helper; the compiler that makes it. */
  readonly helperCompiler?: string;
}

export const PACKAGE_TARGETS: readonly PackageTarget[] = [
  { name: "x64", debian: "amd64" },
  { name: "arm64", debian: "arm64" },
  { name: "armv7", debian: "armhf", helperCompiler: "arm-linux-gnueabihf-gcc" },
];

/** Symbols the executables ask for: GLIBC_2.28, GLIBCXX_3.4.26 (of gcc 9); all of them link libatomic. */
export const DEPENDS = ["libc6 (>= 2.28)", "libstdc++6 (>= 9)", "libgcc-s1", "libatomic1", "passwd"];
