import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kuiper/base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive } from '../archive/archive.ts';
import { WasmInstaller } from './wasm-installer.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wasm-installer-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (): Promise<WasmInstaller> => WasmInstaller.open({ directory, logger: silentLogger });

function archive(files: Readonly<Record<string, string>>): Archive {
  return new Map(
    Object.entries(files).map(([path, text]) => [path, { path, content: Buffer.from(text), mode: 0 }] as const),
  );
}

const fib = { 'fib.json': '{"version":"v1.0.0","functions":["fib"],"wasmEngine":"wasmedge"}', 'fib.wasm': 'x' };

test('an installation stays after commit, is found by the next start, and leaves nothing when it is removed', async () => {
  const installer = await open();
  const { record, commit } = await installer.install('fib', archive(fib));
  await commit();
  expect(record).toEqual({
    kind: 'wasm',
    name: 'fib',
    version: '1.0.0',
    file: join(directory, 'fib', 'fib.wasm'),
    functions: [{ name: 'fib', returns: 'number' }],
  });
  const next = await open();
  expect([...next.installed.values()]).toEqual([record]);
  await next.uninstall('fib');
  expect(existsSync(join(directory, 'fib'))).toBe(false);
  await expect(next.uninstall('fib')).rejects.toThrow('wasm plugin fib is not found');
});

test('a rollback brings back the version before', async () => {
  const installer = await open();
  await (await installer.install('fib', archive(fib))).commit();
  const second = await installer.install('fib', archive({ ...fib, 'fib.json': '{"functions":["two"]}' }));
  await second.rollback();
  expect(installer.installed.get('fib')?.functions).toEqual([{ name: 'fib', returns: 'number' }]);
  expect((await open()).installed.get('fib')?.version).toBe('1.0.0');
});

test('a broken plugin on the disk does not keep the others from loading', async () => {
  await (await (await open()).install('fib', archive(fib))).commit();
  mkdirSync(join(directory, 'broken'));
  writeFileSync(join(directory, 'broken', 'broken.json'), '{');
  expect([...(await open()).installed.keys()]).toEqual(['fib']);
});

const refused: readonly (readonly [name: string, files: Readonly<Record<string, string>>, text: string])[] = [
  ['', fib, 'invalid name : should not be empty'],
  ['a/b', fib, 'invalid name a/b: only alphanumeric, hyphens and underscores are allowed'],
  ['fob', fib, 'missing fob.json'],
  ['fib', { 'fib.json': '{}' }, 'missing fib.wasm'],
  ['fib', { ...fib, 'fib.json': '{' }, 'invalid plugin, fib.json is not JSON'],
  ['fib', { ...fib, 'fib.json': '{"functions":[]}' }, 'invalid plugin, must define at lease one function'],
  ['fib', { ...fib, 'fib.json': '{"functions":[{"name":"f","returns":"x"}]}' }, 'invalid plugin, function {"name":"f"'],
];

test.each(refused)('%s is refused and leaves nothing behind: %j', async (name, files, text) => {
  const installer = await open();
  await expect(installer.install(name, archive(files))).rejects.toThrow(text);
  expect(installer.installed.size).toBe(0);
  expect(existsSync(join(directory, 'fib'))).toBe(false);
});
