/** A page before it has its frame, and what the frame and the search need to know of it. */
export interface Source {
  /** From the root of the repository; of a generated page, where it would be. */
  readonly path: string;
  /** Whose first heading is the title. */
  readonly markdown: string;
  /** Names the search finds it by, in whatever spelling. */
  readonly names?: readonly string[];
}

export interface Heading {
  readonly level: number;
  readonly id: string;
  readonly text: string;
}

/** A heading and the words beneath it, up to the next. */
export interface Section extends Heading {
  readonly words: string;
}

export interface Page extends Source {
  /** From the root of the site. */
  readonly url: string;
  readonly title: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  readonly sections: readonly Section[];
}
