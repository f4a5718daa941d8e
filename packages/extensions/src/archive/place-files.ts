/**
 * Puts files in place all together or not at all. What is replaced stays beside it under a hidden name until `commit`;
 * a journal, written first, names it, so that {@link recoverPlacements} can undo what a crash has left half done.
 *
 * Order: journal → removals (a rename) → new content under hidden names → backups (a hard link) → renames. Until the
 * last step programs see the old files, and never a part of a new one.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, readdir, readFile, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { errorText } from '@kuiper/base';
import type { PlacedFile } from './archive.ts';
import { archiveErrors } from './errors.ts';

export interface PlacementOptions {
  /** Absolute directories, made when missing. Each path must be below one of them, and no link be on the way from there. */
  readonly roots: readonly string[];
  /** Absolute directory of the journals, made when missing. One per installer: recovering looks at all in it. */
  readonly journals: string;
  /** Files and directories that go, with all that is in them. Those that are not there are left out. */
  readonly removed?: readonly string[];
}

/** Files in place, not yet for good. One of the two must be called. */
export interface Placement {
  commit(): Promise<void>;
  /** Everything is as it was before. */
  rollback(): Promise<void>;
}

interface Target {
  readonly path: string;
  /** Beside it, where its new content is written. */
  readonly fresh: string;
  /** Beside it, where what was there is kept. */
  readonly backup: string;
  /** There was something before. */
  readonly existed: boolean;
  readonly removed: boolean;
}

interface Journal {
  readonly targets: readonly Target[];
  /** Directories that were not there, outer ones first. */
  readonly folders: readonly string[];
}

const ending = '.placement';

/** Throws `cannot place <path>: <why>`, with everything as it was before. */
export async function placeFiles(files: readonly PlacedFile[], options: PlacementOptions): Promise<Placement> {
  const { roots, journals, removed = [] } = options;
  for (const folder of [...roots, journals]) await mkdir(folder, { recursive: true });
  const journal = await planPlacement(files, removed, roots);
  const file = join(journals, `${randomBytes(6).toString('hex')}${ending}`);
  await writeNew(file, JSON.stringify(journal), 0o600);
  const rollback = async (): Promise<void> => {
    await undo(journal);
    await unlink(file);
  };
  try {
    await carryOut(files, journal);
  } catch (error) {
    await rollback();
    throw error;
  }
  return {
    rollback,
    async commit() {
      // From here on it is done: a crash leaves hidden files at worst.
      await unlink(file);
      for (const { backup } of journal.targets) {
        await rm(backup, { recursive: true, force: true }).catch(() => undefined);
      }
    },
  };
}

/**
 * Undoes placements that a crash interrupted. To be called before anything looks at what may have been placed.
 * @returns how many there were
 */
export async function recoverPlacements(journals: string): Promise<number> {
  let count = 0;
  for (const name of await readdir(journals).catch(() => [])) {
    if (!name.endsWith(ending)) continue;
    const file = join(journals, name);
    const journal = parseJournal(await readFile(file, 'utf8'));
    // One that is cut off was being written: nothing else had begun.
    if (journal !== null) await undo(journal);
    await unlink(file);
    count++;
  }
  return count;
}

function parseJournal(text: string): Journal | null {
  try {
    return JSON.parse(text) as Journal;
  } catch {
    return null;
  }
}

async function planPlacement(
  files: readonly PlacedFile[],
  removed: readonly string[],
  roots: readonly string[],
): Promise<Journal> {
  const targets: Target[] = [];
  const folders = new Set<string>();
  const id = randomBytes(6).toString('hex');
  const add = (path: string, existed: boolean, isRemoved: boolean): void => {
    // Not made of the path's own name: that may be as long as names can be.
    const hidden = join(dirname(path), `.${id}-${targets.length}`);
    targets.push({ path, fresh: `${hidden}.new`, backup: `${hidden}.old`, existed, removed: isRemoved });
  };
  for (const path of new Set(removed)) {
    await checkFolders(path, roots);
    if ((await statOf(path)) !== null) add(path, true, true);
  }
  const gone = (path: string): boolean => targets.some((one) => one.removed && isWithin(path, one.path));
  const seen = new Set<string>();
  for (const { path } of files) {
    if (seen.has(path)) throw archiveErrors.PLACE(path, 'it is named twice');
    seen.add(path);
    for (const folder of await checkFolders(path, roots, gone)) folders.add(folder);
    const stats = gone(path) ? null : await statOf(path);
    if (stats?.isDirectory() === true) throw archiveErrors.PLACE(path, 'a directory is in its place');
    add(path, stats !== null, false);
  }
  return { targets, folders: [...folders] };
}

/** @returns the directories on the way that are missing */
async function checkFolders(
  path: string,
  roots: readonly string[],
  gone: (path: string) => boolean = () => false,
): Promise<string[]> {
  const root = roots.find((candidate) => candidate !== path && isWithin(path, candidate));
  if (root === undefined || !isAbsolute(path)) throw archiveErrors.PLACE(path, 'it is outside of its directory');
  const missing: string[] = [];
  let folder = root;
  for (const part of relative(root, path).split(sep).slice(0, -1)) {
    folder = join(folder, part);
    const stats = gone(folder) ? null : await statOf(folder);
    if (stats === null) missing.push(folder);
    else if (!stats.isDirectory()) throw archiveErrors.PLACE(path, `${folder} is no directory`);
  }
  return missing;
}

function isWithin(path: string, directory: string): boolean {
  const rest = relative(directory, path);
  return rest === '' || (rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest));
}

async function statOf(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw archiveErrors.PLACE(path, errorText(error), { cause: error });
  }
}

async function carryOut(files: readonly PlacedFile[], { targets, folders }: Journal): Promise<void> {
  const step = async (path: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw archiveErrors.PLACE(path, errorText(error), { cause: error });
    }
  };
  const placed = targets.filter(({ removed }) => !removed);
  for (const { path, backup, removed } of targets) if (removed) await step(path, () => rename(path, backup));
  for (const folder of folders) await step(folder, () => mkdir(folder));
  for (const [i, { path, fresh }] of placed.entries()) {
    const { content, mode = 0o644 } = files[i] as PlacedFile;
    await step(path, () => writeNew(fresh, content, mode));
  }
  for (const { path, backup, existed } of placed) if (existed) await step(path, () => backUp(path, backup));
  for (const { path, fresh } of placed) await step(path, () => rename(fresh, path));
}

/** On the disk when it returns. Fails when there is something of that name, a link included. */
async function writeNew(path: string, content: Buffer | string, mode: number): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), mode);
  try {
    await file.writeFile(content);
    // What the process masks out, the archive has asked for.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function backUp(path: string, backup: string): Promise<void> {
  try {
    await link(path, backup);
  } catch (error) {
    // Not every file system has hard links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error;
    await copyFile(path, backup, constants.COPYFILE_EXCL);
  }
}

/** May be repeated after a crash in the middle. */
async function undo({ targets, folders }: Journal): Promise<void> {
  const removals = targets.filter(({ removed }) => removed);
  for (const { path, backup } of removals) {
    // Without a backup it has not gone yet, or is back already.
    if ((await statOf(backup)) === null) continue;
    // What programs have put there meanwhile (caches, logs) belongs to the version that goes.
    await rm(path, { recursive: true, force: true });
    await rename(backup, path);
  }
  const isRestored = (path: string): boolean => removals.some((removal) => isWithin(path, removal.path));
  for (const { path, fresh, backup, existed } of targets) {
    if (isRestored(path)) continue;
    await discard(fresh);
    if (!existed) await discard(path);
    else if ((await statOf(backup)) !== null) await rename(backup, path);
  }
  for (const folder of [...folders].reverse()) {
    if (!isRestored(folder)) await ignoring(rmdir(folder), ['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR']);
  }
}

function discard(path: string): Promise<void> {
  // A name may be too long to exist.
  return ignoring(unlink(path), ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);
}

async function ignoring(work: Promise<void>, codes: readonly string[]): Promise<void> {
  await work.catch((error: unknown) => {
    if (!codes.includes(codeOf(error))) throw error;
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
