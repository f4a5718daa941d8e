import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeFiles, recoverPlacements } from './place-files.ts';

type Target = Record<'path' | 'fresh' | 'backup', string>;
type Journal = { readonly targets: readonly Target[] };

let base = '';
let root = '';
let journals = '';

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'place-'));
  root = join(base, 'root');
  journals = join(base, 'journals');
  await mkdir(join(root, 'old'), { recursive: true });
  await writeFile(join(root, 'kept.txt'), 'kept');
  await writeFile(join(root, 'changed.txt'), 'before', { mode: 0o600 });
  await writeFile(join(root, 'old', 'gone.txt'), 'gone');
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** Path → content of everything below a directory. */
async function tree(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    found[path.slice(directory.length + 1)] = entry.isDirectory() ? '/' : await readFile(path, 'utf8');
  }
  return found;
}

const before = { 'kept.txt': 'kept', 'changed.txt': 'before', old: '/', 'old/gone.txt': 'gone' };
const after = {
  'kept.txt': 'kept',
  'changed.txt': 'after',
  new: '/',
  'new/deep': '/',
  'new/deep/run.sh': 'run',
  old: '/',
  'old/gone.txt': 'back',
};

const place = (): ReturnType<typeof placeFiles> =>
  placeFiles(
    [
      { path: join(root, 'changed.txt'), content: 'after' },
      { path: join(root, 'new', 'deep', 'run.sh'), content: Buffer.from('run'), mode: 0o755 },
      { path: join(root, 'old', 'gone.txt'), content: 'back' },
    ],
    { roots: [root], journals, removed: [join(root, 'old'), join(root, 'absent')] },
  );

describe('placing files', () => {
  it('is done when it is committed', async () => {
    const placement = await place();
    expect(await readFile(join(root, 'changed.txt'), 'utf8')).toBe('after');
    await placement.commit();
    expect(await tree(root)).toEqual(after);
    expect((await stat(join(root, 'new/deep/run.sh'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(root, 'changed.txt'))).mode & 0o777).toBe(0o644);
    expect(await tree(journals)).toEqual({});
  });

  it('is undone by a rollback, what has come meanwhile included', async () => {
    const placement = await place();
    await writeFile(join(root, 'old', 'cache'), 'x');
    await placement.rollback();
    expect(await tree(root)).toEqual(before);
    expect((await stat(join(root, 'changed.txt'))).mode & 0o777).toBe(0o600);
    expect(await tree(journals)).toEqual({});
  });

  it('is undone after a crash at any step', async () => {
    // Each of its steps changes one name: going back through them gives every state that a crash can leave.
    for (let steps = 0; steps <= 10; steps++) {
      await rm(base, { recursive: true, force: true });
      await mkdir(join(root, 'old'), { recursive: true });
      for (const [path, content] of Object.entries(before)) {
        if (content !== '/') await writeFile(join(root, path), content);
      }
      await place();
      const [file = ''] = await readdir(journals);
      const journal = JSON.parse(await readFile(join(journals, file), 'utf8')) as Journal;
      const [old, changed, made, back] = journal.targets as [Target, Target, Target, Target];
      const undo: (() => Promise<unknown>)[] = [
        () => rename(back.path, back.fresh),
        () => rename(made.path, made.fresh),
        () => rename(changed.path, changed.fresh),
        () => rename(changed.backup, changed.path),
        () => rm(back.fresh),
        () => rm(made.fresh),
        () => rm(changed.fresh),
        () => rm(join(root, 'new'), { recursive: true }),
        () => rm(join(root, 'old'), { recursive: true }),
        () => rename(old.backup, old.path),
      ];
      for (const step of undo.slice(0, steps)) await step();
      expect(await recoverPlacements(journals)).toBe(1);
      expect([steps, await tree(root)]).toEqual([steps, before]);
      expect(await recoverPlacements(journals)).toBe(0);
    }
  });

  it('forgets a journal that was cut off, and needs no directory of journals', async () => {
    expect(await recoverPlacements(journals)).toBe(0);
    await mkdir(journals);
    await writeFile(join(journals, 'abc.placement'), '{"id":"ab');
    expect(await recoverPlacements(journals)).toBe(1);
    expect(await tree(root)).toEqual(before);
  });

  it('refuses paths that lead elsewhere', async () => {
    await symlink(base, join(root, 'link'));
    await symlink('/etc/hostname', join(root, 'file-link'));
    const cases: [path: string, why: string][] = [
      [join(base, 'x'), 'it is outside of its directory'],
      [join(root, '..', 'x'), 'it is outside of its directory'],
      [root, 'it is outside of its directory'],
      ['relative', 'it is outside of its directory'],
      [join(root, 'link', 'x'), `${join(root, 'link')} is no directory`],
      [join(root, 'kept.txt', 'x'), `${join(root, 'kept.txt')} is no directory`],
      [join(root, 'old'), 'a directory is in its place'],
    ];
    for (const [path, why] of cases) {
      const files = [
        { path: join(root, 'kept.txt'), content: 'changed' },
        { path, content: 'x' },
      ];
      await expect(placeFiles(files, { roots: [root], journals })).rejects.toThrow(`cannot place ${path}: ${why}`);
    }
    await expect(placeFiles([], { roots: [root], journals, removed: [base] })).rejects.toThrow('outside');
    expect(await readFile(join(root, 'kept.txt'), 'utf8')).toBe('kept');
    // A link in the place of a file is replaced, not followed.
    const placement = await placeFiles([{ path: join(root, 'file-link'), content: 'x' }], { roots: [root], journals });
    await placement.commit();
    expect(await readFile(join(root, 'file-link'), 'utf8')).toBe('x');
  });

  it('leaves everything as it was when a step fails', async () => {
    const files = [
      { path: join(root, 'changed.txt'), content: 'after' },
      { path: join(root, 'new', 'x'.repeat(300)), content: 'x' },
    ];
    const options = { roots: [root], journals, removed: [join(root, 'old')] };
    await expect(placeFiles(files, options)).rejects.toThrow('ENAMETOOLONG');
    expect(await tree(root)).toEqual(before);
    expect(await tree(journals)).toEqual({});
  });
});
