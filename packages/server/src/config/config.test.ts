import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDirectories, prepareDirectories } from './directories.ts';
import { applyEnvironment, typedValue } from './environment.ts';
import { readFlags } from './flags.ts';
import { readKuiperConfig } from './kuiper-config.ts';
import { shippedFiles } from './shipped-files.ts';
import { readSourceFiles } from './source-files.ts';

describe('settings from the environment', () => {
  const values: readonly (readonly [text: string, value: unknown])[] = [
    ['9081', 9081],
    ['-3', -3],
    ['true', true],
    ['F', false],
    ['1.5', 1.5],
    [' tcp://b:1883 ', 'tcp://b:1883'],
    ['a=b', 'a=b'],
    ['[a, 1, true]', ['a', 1, true]],
    ['[]', []],
    ['', ''],
  ];
  for (const [text, value] of values) {
    it(`${JSON.stringify(text)} is ${JSON.stringify(value)}`, () => expect(typedValue(text)).toEqual(value));
  }

  it('sets keys in any case, makes missing levels and replaces scalars in between', () => {
    const bag = { basic: { restPort: 9081, ip: 'x' } };
    applyEnvironment('kuiper', bag, {
      KUIPER__BASIC__RESTPORT: '9090',
      KUIPER__STORE__TYPE: 'sqlite',
      KUIPER__BASIC__IP__DEEPER: '1',
      KUIPERX__BASIC__RESTPORT: '1',
    });
    expect(bag).toEqual({ basic: { restPort: 9090, ip: { deeper: 1 } }, store: { type: 'sqlite' } });
  });
});

describe('kuiper.yaml', () => {
  it('ships what it falls back to', () => {
    const shipped = readKuiperConfig(parse(shippedFiles['kuiper.yaml'] ?? '') as Record<string, unknown>);
    const { rule: _rule, ...rest } = shipped;
    const { rule: _none, ...fallback } = readKuiperConfig({});
    expect(rest).toEqual(fallback);
  });

  it('binds to this machine alone unless told otherwise', () => {
    expect(readKuiperConfig({}).basic.restIp).toBe('127.0.0.1');
    expect(readKuiperConfig({}).source.httpServerIp).toBe('127.0.0.1');
  });

  it('takes durations as texts and as milliseconds', () => {
    expect(readKuiperConfig({ basic: { rulePatrolInterval: '2s' } }).basic.rulePatrolInterval).toBe(2000);
    expect(readKuiperConfig({ BASIC: { rulepatrolinterval: 500 } }).basic.rulePatrolInterval).toBe(500);
  });

  it('is lenient about what the environment cannot type', () => {
    const { basic } = readKuiperConfig({ basic: { aesKey: 1234, debug: 1, consoleLog: 0 } });
    expect(basic).toMatchObject({ aesKey: '1234', debug: true, consoleLog: false });
  });

  const fatal: readonly (readonly [bag: Record<string, unknown>, why: string])[] = [
    [{ basic: { restPort: 'many' } }, "'restPort' expected type 'int'"],
    [{ basic: 5 }, 'section basic must be a map'],
    [{ store: { type: 'nosuch' } }, 'unknown store.type nosuch'],
    [{ basic: { prometheus: true, prometheusPort: 0 } }, 'prometheusPort must be greater than 0'],
  ];
  for (const [bag, why] of fatal) {
    it(`refuses ${JSON.stringify(bag)}`, () => expect(() => readKuiperConfig(bag)).toThrow(why));
  }
});

describe('flags', () => {
  it('take one dash or two, and = or a blank', () => {
    const flags = readFlags(['-loadFileType', 'absolute', '--etc=/e', '-data', '/d', '-nosuch']);
    expect(flags).toMatchObject({ loadFileType: 'absolute', etc: '/e', data: '/d', unknown: ['-nosuch'] });
  });
});

describe('directories', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'kuiper-config-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('are made with the shipped files, which are never overwritten', async () => {
    const directories = await findDirectories(readFlags([]), { KuiperBaseKey: root }, '/');
    await prepareDirectories(directories);
    const file = join(directories.etc, 'kuiper.yaml');
    expect(await readFile(file, 'utf8')).toBe(shippedFiles['kuiper.yaml']);
    await writeFile(file, 'basic:\n  restPort: 1\n');
    await prepareDirectories(directories);
    expect(await readFile(file, 'utf8')).toBe('basic:\n  restPort: 1\n');
  });

  it('are found from a directory below the installation', async () => {
    const directories = await findDirectories(readFlags([]), {}, join(root, 'data', 'uploads'));
    expect(directories.root).toBe(root);
  });

  it('give source keys their case back', async () => {
    await writeFile(join(root, 'etc', 'sources', 'x.yaml'), 'Default:\n  BODYTYPE: json\n  Other: {InnerKey: 1}\n');
    const files = await readSourceFiles(join(root, 'etc'), { X__DEFAULT__PORT: '5' }, () => ['bodyType']);
    expect(files.get('x')).toEqual({ default: { bodyType: 'json', other: { innerkey: 1 }, port: 5 } });
    expect(files.get('mqtt')).toMatchObject({ default: { server: 'tcp://127.0.0.1:1883' } });
  });
});
