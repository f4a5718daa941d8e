/** A plugin's archive, read into memory. */
export interface ArchiveEntry {
  /** Relative, with `/`, without `.` and `..`. */
  readonly path: string;
  readonly content: Buffer;
  /** UNIX permission bits; 0 when the archive holds none. */
  readonly mode: number;
}

/** Files by path; folders are only known by what is in them. */
export type Archive = ReadonlyMap<string, ArchiveEntry>;

/** A file that an installation puts in place. */
export interface PlacedFile {
  /** Absolute. */
  readonly path: string;
  readonly content: Buffer | string;
  /** Permission bits; default 0o644. */
  readonly mode?: number;
}
