/** New plugins are right as they are: they type-check, their own tests pass, and the engine takes their packages. */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Archive, readArchive } from '@kuiper/extensions/install';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNativeArchive } from '../../packages/extensions/src/native/native-archive.ts';
import { readManifest } from '../../packages/extensions/src/portable/manifest.ts';
import { goMissing } from '../portable/go-sdk.ts';
import { pythonBin } from '../portable/python-sdk.ts';
import { kuiper, temporaryFolder } from './kuiper-cli.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const typescript = join(root, 'node_modules/typescript/bin/tsc');
const folder = temporaryFolder();
afterAll(() => folder.remove());

const kinds = ['source', 'sink', 'function'] as const;

async function packed(name: string): Promise<Archive> {
  const { exitCode, output } = await kuiper(['plugin', 'pack', name], folder.path);
  expect(output).toContain(`${name}.zip: `);
  expect(exitCode).toBe(0);
  return readArchive(readFileSync(join(folder.path, `${name}.zip`)));
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? ''}\n${stdout}\n${stderr}`);
}

describe.each(kinds)('a native %s', (kind) => {
  const name = `my${kind}`;
  const directory = join(folder.path, name);

  beforeAll(async () => {
    const { exitCode, output } = await kuiper(['plugin', 'create', name, '--offers', kind], folder.path);
    expect(output).toContain(`Plugin ${name} is written:`);
    expect(exitCode).toBe(0);
  });

  test('type-checks with the types it came with', () => {
    run(process.execPath, [typescript, '-p', '.'], directory);
  });

  test('passes its own tests', async () => {
    const { exitCode, output } = await kuiper(['plugin', 'test', name], folder.path);
    expect(output).toContain('fail 0');
    expect(output).not.toContain('pass 0');
    expect(exitCode).toBe(0);
  });

  test('is packed as the engine wants it', async () => {
    const archive = await packed(name);
    const { module, yaml, json, beside } = readNativeArchive(`${kind}s`, name, archive, false);
    expect(module.path).toBe(`${name}.ts`);
    expect(yaml?.path).toBe(kind === 'source' ? `${name}.yaml` : undefined);
    expect(json?.path).toBe(`${name}.json`);
    expect(beside).toEqual([]);
  });
});

test('tests that fail make the command fail', async () => {
  await kuiper(['plugin', 'create', 'wrong'], folder.path);
  const file = join(folder.path, 'wrong', 'wrong.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replace('Hello', 'Bye'));
  const { exitCode, output } = await kuiper(['plugin', 'test', 'wrong'], folder.path);
  expect(output).toContain("'Bye, Ada!'");
  expect(output).toContain('The test of plugin wrong failed.');
  expect(exitCode).toBe(1);
});

test('the types of a native plugin are those of the engine', () => {
  const types = readFileSync(join(root, 'packages/cli/scaffolds/native/kuiper-plugin.d.ts'), 'utf8');
  const names = [...types.matchAll(/export (?:interface|type) (Plugin\w+|CallArgument|ExtensionState)/g)].map(
    ([, name]) => name as string,
  );
  expect(names.length).toBeGreaterThan(12);
  const directory = temporaryFolder();
  try {
    writeFileSync(
      join(directory.path, 'theirs.d.ts'),
      types.replace("declare module '@kuiper/sdk'", "declare module 'theirs'"),
    );
    // What takes one of theirs takes one of ours: a plugin that fits the types fits the engine, whose types say more.
    const lines = names.map((name) => `export const take${name} = (ours: Ours.${name}): Theirs.${name} => ours;`);
    const given = ['PluginFunction', 'PluginSource', 'PluginSink', 'PluginLookup'].map(
      (name) => `export const give${name} = (theirs: Theirs.${name}): Ours.${name} => theirs;`,
    );
    const head = `/// <reference path="./theirs.d.ts" />\nimport type * as Theirs from 'theirs';\nimport type * as Ours from '${root}packages/sdk/dist/index.js';\n`;
    const values = [
      'declare const ours: typeof Ours;',
      // Every value they name is one of the engine's, and every kind of argument and property.
      'export const known: Readonly<Record<keyof typeof Theirs, unknown>> = ours;',
      'export const kinds: Readonly<Record<keyof typeof Theirs.t, unknown>> = ours.t;',
      'export const props: Readonly<Record<keyof typeof Theirs.prop, unknown>> = ours.prop;',
      // As the guide writes a declaration.
      "export const Clip = theirs.scalar({ name: 'clip', args: [theirs.t.float('x')], eval: (x: number) => Math.min(x, 1) });",
      'declare const theirs: typeof Theirs;',
    ];
    writeFileSync(join(directory.path, 'both.ts'), [head, ...lines, ...given, ...values].join('\n'));
    const config = {
      compilerOptions: {
        target: 'es2022',
        module: 'nodenext',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: [],
      },
    };
    writeFileSync(join(directory.path, 'tsconfig.json'), JSON.stringify({ ...config, files: ['both.ts'] }));
    run(process.execPath, [typescript, '-p', '.'], directory.path);
  } finally {
    directory.remove();
  }
});

interface PortableLanguage {
  readonly language: string;
  readonly executable: string;
  readonly missing: string | null;
}

const languages: readonly PortableLanguage[] = [
  { language: 'python', executable: 'main.py', missing: null },
  { language: 'go', executable: 'main', missing: goMissing },
  { language: 'typescript', executable: 'main.mjs', missing: null },
];

const offered = [['source'], ['sink'], ['function'], ['source', 'sink', 'function']] as const;

for (const { language, executable, missing } of languages) {
  describe.skipIf(missing !== null)(`a portable plugin in ${language}`, () => {
    for (const offers of offered) {
      test(`with ${offers.join(', ')} passes its own tests and is packed as the engine wants it`, async () => {
        const name = `p${language}${offers.length === 1 ? offers[0] : ''}`;
        const words = [
          'plugin',
          'create',
          name,
          '--kind',
          'portable',
          '--language',
          language,
          '--offers',
          offers.join(','),
        ];
        const { output, exitCode } = await kuiper(words, folder.path);
        expect(output).toContain(`Plugin ${name} is written:`);
        expect(exitCode).toBe(0);
        const tested = await kuiper(['plugin', 'test', name, '--unit', '--python', pythonBin], folder.path);
        expect(tested).toMatchObject({ exitCode: 0 });
        expect(tested.output).toMatch(/^OK$|^ok\s|pass [1-9]/m);
        if (language === 'typescript') run(process.execPath, [typescript, '-p', '.'], join(folder.path, name));
        const archive = await packed(name);
        const manifest = readManifest(name, JSON.parse(archive.get(`${name}.json`)?.content.toString() ?? ''));
        const has = (kind: (typeof kinds)[number]): boolean => (offers as readonly string[]).includes(kind);
        expect(manifest).toMatchObject({
          executable: executable,
          sources: has('source') ? [`${name}Source`] : [],
          sinks: has('sink') ? [`${name}Sink`] : [],
          functions: has('function') ? [name] : [],
        });
        expect((archive.get(executable)?.mode ?? 0) & 0o111).not.toBe(0);
        expect(archive.has(`sources/${name}Source.yaml`)).toBe(has('source'));
        expect([...archive.keys()].filter((path) => /test|\.go$|\.md$|^[^/]*\.ts$/.test(path))).toEqual([]);
        expect([...archive.keys()].some((path) => path.startsWith('kuiper/'))).toBe(language === 'python');
      });
    }
  });
}

test('a plugin for Node.js without a copy of the SDK gets one when it is packed', async () => {
  cpSync(join(root, 'examples/portable-typescript'), join(folder.path, 'tsexample'), { recursive: true });
  const archive = await packed('tsexample');
  expect([...archive.keys()]).toEqual(
    expect.arrayContaining([
      'plugin.mjs',
      'node_modules/@kuiper/sdk/package.json',
      'node_modules/@kuiper/base/dist/index.js',
    ]),
  );
});

test('nothing is written over what is there', async () => {
  await kuiper(['plugin', 'create', 'once'], folder.path);
  const before = readdirSync(join(folder.path, 'once'));
  const { exitCode, output } = await kuiper(['plugin', 'create', 'once', '--language', 'python'], folder.path);
  expect(output).toBe(`${join(folder.path, 'once')} is there already: nothing was written.\n`);
  expect(exitCode).toBe(1);
  expect(readdirSync(join(folder.path, 'once'))).toEqual(before);
});
