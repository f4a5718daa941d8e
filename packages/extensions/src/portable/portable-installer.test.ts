import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type Logger, silentLogger } from '@kuiper/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Archive } from '../archive/archive.ts';
import { PortableInstaller } from './portable-installer.ts';

const manifest = {
  version: 'v1.0.0',
  language: 'python',
  executable: 'src/main.py',
  sources: ['pyjson'],
  sinks: ['print'],
  functions: ['revert'],
};

function archiveOf(files: Readonly<Record<string, string>>): Archive {
  return new Map(
    Object.entries(files).map(([path, content]) => [path, { path, content: Buffer.from(content), mode: 0o644 }]),
  );
}

const pysam = {
  'pysam.json': JSON.stringify(manifest),
  'src/main.py': 'print(1)',
  'lib/deep/er.txt': 'deep',
  'sources/pyjson.yaml': 'default:\n  a: 1\n',
  'sources/pyjson.json': '{"about":1}',
  'sinks/print.json': '{}',
  'functions/revert.json': '{}',
  'sources/other.yaml': 'of nobody',
};

const places = [
  ...['data', 'etc'].flatMap((root) =>
    ['functions/revert.json', 'sinks/print.json', 'sources/pyjson.json', 'sources/pyjson.yaml'].map(
      (path) => `${root}/${path}`,
    ),
  ),
  ...['lib/deep/er.txt', 'pysam.json', 'sources/other.yaml', 'src/main.py'].map(
    (path) => `plugins/portable/pysam/${path}`,
  ),
];

describe('the installer', () => {
  let root = '';
  let lines: string[] = [];
  let installer: PortableInstaller;

  const open = (ownerOf?: (kind: string, symbol: string) => string | undefined): Promise<PortableInstaller> => {
    const add = (text: string): number => lines.push(text);
    const logger: Logger = { ...silentLogger, warn: add, error: add };
    return PortableInstaller.open({
      directories: { plugins: join(root, 'plugins/portable'), etc: join(root, 'etc'), data: join(root, 'data') },
      logger,
      scriptTimeoutMs: 300,
      ...(ownerOf === undefined ? {} : { ownerOf }),
    });
  };
  const files = (): string[] =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .sort();
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const install = async (content: Readonly<Record<string, string>>, name = 'pysam', paras: string[] = []) => {
    const installation = await installer.install(name, archiveOf(content), paras);
    await installation.commit();
    return installation.plugin;
  };

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'installer-'));
    lines = [];
    installer = await open();
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('puts every file where it belongs', async () => {
    const plugin = await install(pysam);
    expect(files()).toEqual(places.sort());
    expect(plugin.record).toEqual({
      kind: 'portable',
      name: 'pysam',
      version: 'v1.0.0',
      sources: ['pyjson'],
      sinks: ['print'],
      functions: ['revert'],
      lookups: [],
    });
    expect(plugin.executable).toBe(join(root, 'plugins/portable/pysam/src/main.py'));
    expect(statSync(plugin.executable).mode & 0o777).toBe(0o755);
  });

  it('makes the settings of a source that has none, and says so', async () => {
    const { 'sources/pyjson.yaml': _, ...rest } = pysam;
    await install(rest);
    expect(read('etc/sources/pyjson.yaml')).toBe('default:\n');
    expect(read('data/sources/pyjson.yaml')).toBe('default:\n');
    expect(lines).toEqual(['portable plugin pysam has no sources/pyjson.yaml: one without settings is made']);
  });

  const refused: readonly (readonly [what: string, files: Readonly<Record<string, string>>, text: string])[] = [
    ['no manifest', { 'a.py': '', 'b.py': '' }, 'missing or invalid json file pysam.json, found 2 files in total'],
    ['a broken manifest', { 'pysam.json': '{' }, 'missing or invalid json file pysam.json, found 1 files in total'],
    ['no executable', { 'pysam.json': JSON.stringify(manifest) }, 'missing src/main.py'],
    [
      'a wrong name',
      { ...pysam, 'pysam.json': JSON.stringify({ ...manifest, name: 'x' }) },
      "invalid plugin, expect name 'pysam' but got 'x'",
    ],
    [
      'a script that fails',
      { ...pysam, 'install.sh': 'touch made; mkdir d; touch d/x; echo out; echo bad >&2; exit 3' },
      'err:exit status 3 stdout:out\n stderr:bad\n',
    ],
    ['a script that does not end', { ...pysam, 'install.sh': 'sleep 60' }, 'err:no end within 0.3 s stdout: stderr:'],
    ['a script that removes the executable', { ...pysam, 'install.sh': 'rm src/main.py' }, 'cannot find executable'],
  ];
  it.each(refused)('leaves nothing behind after %s', async (_, content, text) => {
    await expect(installer.install('pysam', archiveOf(content))).rejects.toThrow(text);
    expect(files()).toEqual([]);
    expect(installer.installed.size).toBe(0);
    await install(pysam);
    expect(files()).toEqual(places.sort());
  });

  it('runs the script in the directory of the plugin with the parameters', async () => {
    await install({ ...pysam, 'install.sh': 'echo "$1 $2 in $(pwd)" > made' }, 'pysam', ['a', 'b c']);
    expect(read('plugins/portable/pysam/made')).toBe(`a b c in ${join(root, 'plugins/portable/pysam')}\n`);
  });

  it.each([
    ['', 'invalid name : should not be empty'],
    ['a/b', 'invalid name a/b: only alphanumeric, hyphens and underscores are allowed'],
    ['..', 'invalid name ..: only alphanumeric, hyphens and underscores are allowed'],
  ])('refuses the name "%s"', async (name, text) => {
    await expect(installer.install(name, archiveOf(pysam))).rejects.toThrow(text);
  });

  it('replaces a version, and has the old one back when the new one is not wanted', async () => {
    await install({ ...pysam, 'install.sh': 'echo old > made' });
    const before = files();
    const next = { ...manifest, version: 'v2', sources: ['fresh'], sinks: [] };
    const archive = archiveOf({
      'pysam.json': JSON.stringify(next),
      'src/main.py': 'print(2)',
      'sources/fresh.yaml': '',
      'install.sh': 'echo new > made; echo more > also',
    });
    const tried = await installer.install('pysam', archive);
    expect(read('plugins/portable/pysam/made')).toBe('new\n');
    expect(existsSync(join(root, 'etc/sources/pyjson.yaml'))).toBe(false);
    await tried.rollback();
    expect(files()).toEqual(before);
    expect(read('plugins/portable/pysam/made')).toBe('old\n');
    expect(installer.installed.get('pysam')?.record.version).toBe('v1.0.0');

    await (await installer.install('pysam', archive)).commit();
    expect(files()).toEqual([
      'data/sources/fresh.yaml',
      'etc/sources/fresh.yaml',
      ...['also', 'install.sh', 'made', 'pysam.json', 'src/main.py'].map((file) => `plugins/portable/pysam/${file}`),
    ]);
  });

  it('keeps the version there was when the script of the next one fails', async () => {
    await install(pysam);
    await expect(installer.install('pysam', archiveOf({ ...pysam, 'install.sh': 'exit 1' }))).rejects.toThrow('err:');
    expect(files()).toEqual(places.sort());
    expect((await open()).installed.has('pysam')).toBe(true);
  });

  it('undoes at the next start what the server did not live to finish', async () => {
    await install(pysam);
    await installer.install('pysam', archiveOf({ ...pysam, 'src/main.py': 'print(2)', 'sinks/print.json': '{"b":2}' }));
    const again = await open();
    expect(files()).toEqual(places.sort());
    expect(read('plugins/portable/pysam/src/main.py')).toBe('print(1)');
    expect(read('etc/sinks/print.json')).toBe('{}');
    expect(again.installed.get('pysam')?.record.version).toBe('v1.0.0');
    expect(lines).toContain('1 interrupted installations of portable plugins were undone');
  });

  it('removes everything of a plugin and nothing else', async () => {
    await install({ ...pysam, 'install.sh': 'echo x > made' });
    mkdirSync(join(root, 'etc/sources'), { recursive: true });
    writeFileSync(join(root, 'etc/sources/mine.yaml'), '');
    await installer.uninstall('pysam');
    expect(files()).toEqual(['etc/sources/mine.yaml']);
    await expect(installer.uninstall('pysam')).rejects.toThrow('portable plugin pysam is not found');
  });

  it('refuses symbols of other plugins, its own it may keep', async () => {
    await install(pysam);
    const clash = { 'other.json': JSON.stringify({ ...manifest, sources: [], sinks: [] }), 'src/main.py': '' };
    await expect(installer.install('other', archiveOf(clash))).rejects.toThrow(
      "invalid plugin, function 'revert' is already defined by plugin 'pysam'",
    );
    await install(pysam);
    const elsewhere = await open((kind, symbol) => (`${kind} ${symbol}` === 'sink print' ? 'native' : undefined));
    await expect(elsewhere.install('pysam', archiveOf(pysam))).rejects.toThrow(
      "invalid plugin, sink 'print' is already defined by plugin 'native'",
    );
  });

  it('loads what is there at the start; what is broken is logged and left out', async () => {
    await install(pysam);
    const plugins = join(root, 'plugins/portable');
    for (const name of ['empty', 'gone', 'bad name']) mkdirSync(join(plugins, name));
    writeFileSync(
      join(plugins, 'gone/gone.json'),
      JSON.stringify({ ...manifest, sources: ['b'], sinks: [], functions: [] }),
    );
    writeFileSync(join(plugins, 'file'), '');
    lines = [];
    expect([...(await open()).installed.keys()]).toEqual(['pysam']);
    expect(lines.map((line) => line.replaceAll(root, '')).sort()).toEqual([
      '/plugins/portable/file is not a portable plugin: not a directory',
      'portable plugin bad name is not loaded: invalid name bad name: only alphanumeric, hyphens and underscores are allowed',
      expect.stringMatching(/^portable plugin empty is not loaded: ENOENT/),
      'portable plugin gone is not loaded: cannot find executable /plugins/portable/gone/src/main.py',
    ]);
  });
});
