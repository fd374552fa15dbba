/** What is packaged, for whom. */
export interface PackageTarget {
  /** As in the executable's name. */
  readonly name: "x64" | "arm64" | "armv7";
  /** Debian's name of the architecture. */
  readonly debian: string;
  /** The first libstdc++6 with the symbols it asks for: GLIBCXX_3.4.21 (GCC 5), on armv7 3.4.26 (GCC 9). */
  readonly libstdcxx: string;
  /** Without node:ffi the unit needs a helper; the compiler that makes it. */
  readonly helperCompiler?: string;
}

export const PACKAGE_TARGETS: readonly PackageTarget[] = [
  { name: "x64", debian: "amd64", libstdcxx: "5" },
  { name: "arm64", debian: "arm64", libstdcxx: "5" },
  { name: "armv7", debian: "armhf", libstdcxx: "9", helperCompiler: "arm-linux-gnueabihf-gcc" },
];

export function dependsOf({ libstdcxx }: PackageTarget): string {
  return `libc6 (>= 2.28), libstdc++6 (>= ${libstdcxx}), libgcc-s1 | libgcc1, libatomic1, passwd`;
}
