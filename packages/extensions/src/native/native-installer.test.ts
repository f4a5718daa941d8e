import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { silentLogger } from '@kuiper/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zipArchive } from '../../testing/zip-archive.ts';
import type { Archive } from '../archive/archive.ts';
import { readArchive } from '../archive/read-archive.ts';
import { NativeInstaller, type NativeInstallerOptions, type NativeType } from './native-installer.ts';
import { prebuiltUrls } from './prebuilt-plugins.ts';

let root = '';
const logged: string[] = [];
const logger = {
  ...silentLogger,
  error: (text: string) => void logged.push(text),
  warn: (text: string) => void logged.push(text),
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'native-installer-'));
  logged.length = 0;
});
afterEach(() => rm(root, { recursive: true, force: true }));

function open(more: Partial<NativeInstallerOptions> = {}): Promise<NativeInstaller> {
  const directories = { plugins: join(root, 'plugins'), etc: join(root, 'etc'), data: join(root, 'data') };
  return NativeInstaller.open({ directories, logger, ...more });
}

const zip = (files: Readonly<Record<string, string>>): Promise<Archive> => readArchive(zipArchive(files));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** Files without images, by path. */
async function tree(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name).slice(root.length + 1);
    if (entry.isFile() && !path.startsWith('data/native')) found[path] = await readFile(join(root, path), 'utf8');
  }
  return found;
}

const code = 'export const Echo = { exec: (ctx, [x]) => x };';

describe('installing', () => {
  it('puts a source with all that belongs to it in its places', async () => {
    const installer = await open();
    const archive = {
      'Random@v1.2.0.mjs': 'export class Random { pull() {} }',
      'random.yaml': 'default:',
      'random.json': '{}',
      'etc/model/a.bin': 'A',
      'install.sh': `test "$1 $2" = "a b c" && cat etc/model/a.bin > ${root}/made && pwd >> ${root}/made`,
    };
    const { plugin, commit } = await installer.install('sources', 'random', await zip(archive), {
      shellParas: ['a b', 'c'],
    });
    await commit();
    expect(plugin.record).toMatchObject({ kind: 'native', name: 'random', type: 'sources', version: '1.2.0' });
    expect([plugin.versions, plugin.record.functions, plugin.record.isolation]).toEqual([['1.2.0'], null, 'none']);
    expect(await readFile(plugin.record.file, 'utf8')).toBe(archive['Random@v1.2.0.mjs']);
    expect(await tree()).toEqual({
      'plugins/sources/Random@v1.2.0.mjs': archive['Random@v1.2.0.mjs'],
      'etc/sources/random.yaml': 'default:',
      'data/sources/random.yaml': 'default:',
      'etc/sources/random.json': '{}',
      'data/sources/random.json': '{}',
      'etc/sources/random/model/a.bin': 'A',
      'data/sources/random/model/a.bin': 'A',
      made: `A${join(root, 'plugins/temp/sources/random')}\n`,
    });
    expect((await open()).records).toEqual([plugin.record]);
    await installer.uninstall('sources', 'random');
    expect(Object.keys(await tree())).toEqual(['made']);
    await expect(installer.uninstall('sources', 'random')).rejects.toThrow('invalid name random: not exist');
    expect((await open()).records).toEqual([]);
  });

  it('keeps what a module needs beside it, and a configuration that is there', async () => {
    await put({ 'etc/sources/x.yaml': 'own' });
    const installer = await open();
    const archive = await zip({
      'x.ts': `import { two } from './lib/two';\nimport dep from 'dep';\nexport class X { private readonly n: number = two; pull(): void {} }\nexport const sum: number = two + dep;`,
      'lib/types.d.ts': 'export type A = 1;',
      'lib/two.ts': 'enum N { One = 1, Two }\nexport const two = N.Two as number;',
      'node_modules/dep/package.json': '{"name":"dep","main":"index.js"}',
      'node_modules/dep/index.js': 'module.exports = 5;',
      'package.json': '{"type":"module","version":"3.1.0","apiVersion":"^1.0.0"}',
    });
    const { plugin, commit } = await installer.install('sources', 'x', archive);
    await commit();
    expect(Object.keys(await tree()).sort()).toEqual([
      'etc/sources/x.yaml',
      'plugins/sources/x/lib/two.ts',
      'plugins/sources/x/lib/types.d.ts',
      'plugins/sources/x/node_modules/dep/index.js',
      'plugins/sources/x/node_modules/dep/package.json',
      'plugins/sources/x/package.json',
      'plugins/sources/x/x.ts',
    ]);
    expect(plugin.record.file).toMatch(/data\/native\/sources\/x@3\.1\.0-[0-9a-f]{16}\/x\.mjs$/);
    expect(await readFile(plugin.record.file, 'utf8')).toContain(`from './lib/two.mjs'`);
    expect(((await import(plugin.record.file)) as { sum: number }).sum).toBe(7);
    expect((await open()).records).toEqual([plugin.record]);
  });

  it('replaces all versions, and brings them back with a rollback', async () => {
    const installer = await open();
    await (
      await installer.install(
        'functions',
        'echo',
        await zip({ 'echo@1.0.0.mjs': code, 'echo.json': '1', '__MACOSX/._echo': '', '.DS_Store': '' }),
      )
    ).commit();
    const before = await tree();
    const next = await zip({ 'Echo@2.0.0.mjs': `${code}//2`, 'lib.mjs': '' });
    const second = await installer.install('functions', 'Echo', next, { functions: ['echo'], isolation: 'worker' });
    expect(second.plugin.record).toMatchObject({
      name: 'echo',
      version: '2.0.0',
      functions: ['echo'],
      isolation: 'worker',
    });
    expect(Object.keys(await tree()).filter((path) => path.includes('1.0.0') && !path.includes('.old'))).toEqual([]);
    await second.rollback();
    expect(await tree()).toEqual(before);
    expect(installer.get('functions', 'echo')?.record.version).toBe('1.0.0');
    const third = await installer.install('functions', 'echo', next);
    await third.commit();
    expect(Object.keys(await tree())).toEqual([
      'plugins/functions/Echo@2.0.0/Echo@2.0.0.mjs',
      'plugins/functions/Echo@2.0.0/lib.mjs',
    ]);
    expect((await open()).get('functions', 'echo')?.versions).toEqual(['2.0.0']);
  });

  it('is undone at the next start when nobody lived to decide', async () => {
    const installer = await open();
    await (await installer.install('functions', 'echo', await zip({ 'echo.mjs': code }))).commit();
    await installer.install('functions', 'echo', await zip({ 'echo@2.mjs': code }));
    const next = await open();
    expect(next.get('functions', 'echo')?.versions).toEqual(['']);
    expect(logged).toEqual(['1 interrupted installations of native plugins were undone']);
    expect(Object.keys(await tree())).toEqual(['plugins/functions/echo.mjs']);
  });

  const refused: [type: NativeType, name: string, files: Record<string, string>, why: string, more?: object][] = [
    ['functions', ' ', { 'a.mjs': '' }, 'invalid name : should not be empty'],
    ['functions', 'a/b', { 'a.mjs': '' }, 'invalid name a/b: only alphanumeric, hyphens and underscores are allowed'],
    [
      'functions',
      'a',
      { 'a.so': '' },
      'a.so is a plugin built for another engine: native plugins are JavaScript or TypeScript modules (.mjs, .js, .cjs, .ts, .mts, .cts) or Node-API addons (.node)',
    ],
    ['sources', 'a', { 'A@v1.so': '', 'a.yaml': '' }, 'A@v1.so is a plugin built for another engine'],
    [
      'functions',
      'a',
      { 'b.mjs': '' },
      'invalid zip file: expectFiles: 1, got filenames:[], zipFiles: [b.mjs], yamlFileChecked:false, soFileChecked:false',
    ],
    [
      'sources',
      'a',
      { 'a.mjs': '', b: '' },
      'invalid zip file: expectFiles: 3, got filenames:[a.mjs], zipFiles: [a.mjs b], yamlFileChecked:false, soFileChecked:true',
    ],
    [
      'sources',
      'a',
      { 'a.yaml': '' },
      'invalid zip file: expectFiles: 3, got filenames:[a.yaml], zipFiles: [a.yaml], yamlFileChecked:true, soFileChecked:false',
    ],
    ['functions', 'a', { 'a.mjs': '', 'A@1.ts': '' }, 'several modules in one zip file: a.mjs, A@1.ts'],
    [
      'functions',
      'a',
      { 'a.mjs': '' },
      'have shell parameters : [x y] but no install.sh file',
      { shellParas: ['x', 'y'] },
    ],
    [
      'functions',
      'a',
      { 'a.mjs': '', 'install.sh': 'echo o; echo e >&2; exit 2' },
      'err:exit status 2 stdout:o\n stderr:e\n',
    ],
    ['functions', 'a', { 'a.ts': 'const a: = 1;' }, 'cannot read a.ts: '],
    ['functions', 'a', { 'a.mjs': '' }, 'function name taken already exists', { functions: ['taken'] }],
    [
      'functions',
      'a',
      { 'a.mjs': '', 'package.json': '{"apiVersion":"2"}' },
      'plugin a needs extension API 2, this engine has 1.0.0',
    ],
    ['functions', 'a', { 'a.mjs': '', 'package.json': '{' }, 'cannot read package.json: '],
  ];
  for (const [type, name, files, why, more] of refused) {
    it(`refuses: ${why}`, async () => {
      const installer = await open({ ownerOf: (one) => (one === 'taken' ? 'other' : undefined) });
      const before = await tree();
      await expect(installer.install(type, name, await zip(files), more)).rejects.toThrow(why);
      expect([await tree(), installer.records]).toEqual([before, []]);
    });
  }
});

it('reads TypeScript of both kinds of modules', async () => {
  await put({
    'plugins/functions/c.cts': `import other = require('./other.cts');\nenum E { A = 4 }\nexport = { C: { exec: (): number => other.n + E.A } };`,
    'plugins/functions/other.cts': 'exports.n = 1 as number;',
    'plugins/functions/m.mts': `import { type T, n } from './n.mts';\nexport const M = { exec: (): T => n };`,
    'plugins/functions/n.mts': 'export type T = number; export const n: T = 2;',
  });
  const installer = await open();
  const result = async (name: string, symbol: string): Promise<unknown> => {
    const loaded = (await import(installer.get('functions', name)?.record.file ?? '')) as Record<string, unknown>;
    const exports = (loaded[symbol] === undefined ? loaded.default : loaded) as Record<string, { exec(): unknown }>;
    return exports[symbol]?.exec();
  };
  expect([await result('c', 'C'), await result('m', 'M')]).toEqual([5, 2]);
});

describe('at the start', () => {
  it('takes the highest version of what lies in the folders, and leaves out what it cannot read', async () => {
    await put({
      'plugins/functions/echo@v1.9.0.mjs': code,
      'plugins/functions/Echo@v1.10.0.cjs': code,
      'plugins/functions/Echo@v1.10.0-rc.1.js': code,
      'plugins/functions/broken.ts': 'const a: = ;',
      'plugins/functions/echo@v3.ts': 'const a: = ;',
      'plugins/functions/types.d.ts': '',
      'plugins/functions/old.so': '',
      'plugins/functions/.hidden.mjs': code,
      'plugins/functions/folder@2/index.mjs': `import './more.mjs';`,
      'plugins/functions/folder@2/more.mjs': '',
      'plugins/sinks/out.mts': `import { a } from './shared.js';\nexport class Out { collect(x: number): void {} }`,
      'plugins/sinks/shared.ts': 'export const a: number = 1;',
      'data/native/sinks/gone-0123/out.mjs': '',
    });
    const installer = await open({
      settings: (type, name) =>
        type === 'functions' && name === 'echo' ? { functions: ['echo', 'twice'] } : undefined,
    });
    expect(installer.names('functions')).toEqual(['echo', 'folder']);
    expect(installer.names('sinks')).toEqual(['out', 'shared']);
    expect(installer.get('functions', 'echo')).toMatchObject({
      versions: ['3', '1.10.0', '1.10.0-rc.1', '1.9.0'],
      record: { version: '1.10.0', functions: ['echo', 'twice'] },
    });
    expect(installer.get('functions', 'folder')?.record.file).toMatch(/folder@2-[0-9a-f]{16}\/index\.mjs$/);
    expect(logged).toEqual([
      expect.stringMatching(/^native plugin functions\/echo@3 is left out: cannot read echo@v3\.ts: /),
      expect.stringMatching(/^native plugin functions\/broken is left out: cannot read broken\.ts: /),
    ]);
    expect(Object.keys(await tree()).filter((path) => path.startsWith('data'))).toEqual([]);
    const out = installer.get('sinks', 'out')?.record.file ?? '';
    expect(await readdir(dirname(out))).toEqual(['out.mjs', 'shared.mjs']);
    expect(await readFile(out, 'utf8')).not.toContain('number');
    expect((await readdir(join(root, 'data/native/sinks'))).some((name) => name.startsWith('gone'))).toBe(false);
    await installer.uninstall('functions', 'echo');
    await (await installer.install('functions', 'broken', await zip({ 'broken@0.mjs': code }))).commit();
    expect((await open()).names('functions')).toEqual(['broken', 'folder']);
    await installer.uninstall('functions', 'broken');
    expect((await open()).names('functions')).toEqual(['folder']);
  });

  it('makes folders that are missing', async () => {
    expect((await open()).records).toEqual([]);
    expect((await readdir(join(root, 'plugins'))).sort()).toEqual(['functions', 'sinks', 'sources']);
  });
});

it('replaces lists of functions', async () => {
  await put({ 'plugins/functions/echo.mjs': code });
  const installer = await open({ ownerOf: (one) => (one === 'taken' ? 'other' : 'echo') });
  const { record } = await installer.registerFunctions('echo', ['echo', 'f2']);
  expect([record.functions, installer.records[0]?.functions]).toEqual([
    ['echo', 'f2'],
    ['echo', 'f2'],
  ]);
  await expect(installer.registerFunctions('absent', ['a'])).rejects.toThrow('invalid name absent: not exist');
  await expect(installer.registerFunctions('echo', [])).rejects.toThrow(`property 'functions' must not be empty`);
  await expect(installer.registerFunctions('echo', ['taken'])).rejects.toThrow('function name taken already exists');
});

describe('dependencies of a lock file', () => {
  /** A package that lies beside the module, copied into `node_modules`: no registry is asked. */
  const files = (locked = true): Record<string, string> => ({
    'x.mjs': `import dep from 'dep';\nexport const X = { exec: () => dep };`,
    'package.json': '{"name":"x","version":"2.0.0","dependencies":{"dep":"file:dep"}}',
    'package-lock.json': JSON.stringify({
      name: 'x',
      version: '2.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': { name: 'x', version: '2.0.0', dependencies: { dep: 'file:dep' } },
        ...(locked ? { 'node_modules/dep': { version: '1.0.0', resolved: 'file:dep', hasInstallScript: true } } : {}),
      },
    }),
    '.npmrc': 'install-links=true\n',
    'dep/package.json': `{"name":"dep","version":"1.0.0","scripts":{"install":"echo > ${root}/ran"}}`,
    'dep/index.js': 'module.exports = 5;',
  });
  const brought = 'plugins/functions/x/node_modules/dep/index.js';

  it('are brought in where that is allowed, without their install scripts', { timeout: 60_000 }, async () => {
    const installer = await open({ installDependencies: true });
    const { plugin, commit } = await installer.install('functions', 'x', await zip(files()));
    await commit();
    const { X } = (await import(plugin.record.file)) as { X: { exec(): number } };
    expect(X.exec()).toBe(5);
    const installed = Object.keys(await tree());
    expect([installed.includes(brought), installed.includes('ran')]).toEqual([true, false]);
    expect((await open()).records).toEqual([plugin.record]);
    await installer.uninstall('functions', 'x');
    expect(await tree()).toEqual({});
  });

  it('that are not in it leave nothing behind', { timeout: 60_000 }, async () => {
    const installer = await open({ installDependencies: true });
    await (await installer.install('functions', 'x', await zip({ 'x.mjs': code }))).commit();
    const before = [await tree(), installer.records];
    await expect(installer.install('functions', 'x', await zip(files(false)))).rejects.toThrow('npm ci failed: ');
    expect([await tree(), installer.records]).toEqual(before);
  });

  it('are left alone where it is not', async () => {
    const installer = await open();
    await (await installer.install('functions', 'x', await zip(files()))).commit();
    expect(Object.keys(await tree())).not.toContain(brought);
    expect(logged).toEqual([
      'plugin x has a package-lock.json, but installing dependencies is not allowed: bring node_modules in the zip',
    ]);
  });
});

it('lists prebuilt plugins per host', () => {
  const query = {
    hosts: 'https://a.example/, https://b.example',
    version: '2.4.1',
    system: 'debian',
    architecture: 'amd64',
  };
  const urls = prebuiltUrls('sources', query);
  expect(Object.keys(urls)).toEqual(['random', 'zmq', 'sql', 'video', 'kafka']);
  expect(urls.zmq).toBe('https://b.example/kuiper-plugins/2.4.1/debian/sources/zmq_amd64.zip');
  expect(prebuiltUrls('sinks', { ...query, hosts: '' })).toEqual({});
});
