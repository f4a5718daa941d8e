import { createDecipheriv } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ManualClock } from '@kuiper/base';
import type { ItemProps, OpenSink, Payload } from '@kuiper/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  bytesItems,
  checkSink,
  CollectingSinkContext,
  openSink,
  sinkContract,
} from '../../../../test/contract/sink.ts';
import { fileSink } from './file-sink.ts';

const aesKey = Buffer.alloc(32, 7);
const sink = fileSink(aesKey);
let root = '';
let clock: ManualClock;
const closing: (() => Promise<unknown> | unknown)[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kuiper-file-sink-'));
  clock = new ManualClock(1_700_000_000_000);
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await rm(root, { recursive: true, force: true });
});

const open = async (props: Readonly<Record<string, unknown>>): Promise<OpenSink> => {
  const opened = await openSink(sink, new CollectingSinkContext({ rootPath: root, clock }), {
    path: 'out/f.txt',
    ...props,
  });
  closing.push(() => opened.close());
  return opened;
};

const content = (name = 'out/f.txt'): Promise<string> => readFile(join(root, name), 'utf8');

/** The delimited encoder's first message: header in front. */
const withHeader = (header: string, line: string, delimiter = ','): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(header));
  return Buffer.concat([Buffer.from(delimiter), length, Buffer.from(header + line)]);
};

describe('wrong properties are refused when the rule is created', () => {
  for (const [props, text] of [
    [{ path: '' }, 'path must be set'],
    [{ fileType: 'xml' }, 'fileType must be one of json, csv or lines'],
    [{ fileType: 'csv' }, 'format must be delimited when fileType is csv'],
    [{ fileType: 'csv', format: 'DELIMITED' }, null],
    [{ rollingInterval: -1 }, 'rollingInterval must be positive'],
    [{ rollingSize: -1 }, 'rollingSize must be positive'],
    [{ rollingCount: 0 }, 'one of rollingInterval, rollingCount, or rollingSize must be set'],
    [{ rollingNamePattern: 'middle' }, 'rollingNamePattern must be one of prefix, suffix or none'],
    [{ rollingHook: 'x' }, 'rolling hook x is not registered'],
    [{ compression: 'zlib' }, 'compression must be one of gzip, zstd'],
    [{ encryption: 'des' }, 'unsupported encryptor: des'],
  ] as const) {
    test(JSON.stringify(props), () => expect(checkSink(sink, props)).toBe(text));
  }
  test('encryption without a key', () => {
    expect(checkSink(fileSink(null), { encryption: 'aes' })).toBe('AES Key is not defined');
  });
});

describe('contents are complete after every write', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, readonly (readonly Payload[])[], string])[] = [
    ['lines', { fileType: 'lines' }, [['a'], ['b', Buffer.from('c')], ['d']], 'a\nb\nc\nd'],
    ['json', { fileType: 'json' }, [['{"a":1}'], ['{"a":2}', Buffer.from('[3]')]], '[{"a":1},{"a":2},[3]]'],
    [
      'csv with configured columns',
      { fileType: 'csv', format: 'delimited', hasHeader: true, fields: ['x', 'y'] },
      [['1,2'], ['3,4']],
      'x,y\n1,2\n3,4',
    ],
    [
      'csv with the header of its first message',
      { fileType: 'csv', format: 'delimited', hasHeader: true },
      [[withHeader('x,é', '1,2'), '3,4'], ['5,6']],
      'x,é\n1,2\n3,4\n5,6',
    ],
    [
      'csv with another delimiter',
      { fileType: 'csv', format: 'delimited', hasHeader: true, delimiter: ' | ' },
      [[withHeader('x | y', '1 | 2', ' | ')]],
      'x | y\n1 | 2',
    ],
    ['csv without a header', { fileType: 'csv', format: 'delimited' }, [['1,2'], ['3,4']], '1,2\n3,4'],
  ];
  for (const [name, props, writes, wanted] of cases) {
    test(name, async () => {
      const file = await open(props);
      for (const payloads of writes) await file.write(bytesItems(payloads));
      expect(await content()).toBe(wanted);
      await file.close();
      expect(await content()).toBe(wanted);
    });
  }

  for (const [name, props, before, after] of [
    ['lines', { fileType: 'lines' }, 'old', 'old\nnew'],
    ['lines that end with a line break', { fileType: 'lines' }, 'old\n', 'old\nnew'],
    ['json', { fileType: 'json' }, '[1]', '[1,new]'],
    ['json with space at its end', { fileType: 'json' }, '[1]\n', '[1,new]'],
    ['an empty json array', { fileType: 'json' }, '[]', '[new]'],
    ['json cut off by a crash', { fileType: 'json' }, '[1', '[1,new]'],
    [
      'csv keeps its header',
      { fileType: 'csv', format: 'delimited', hasHeader: true, fields: ['x'] },
      'x\n1',
      'x\n1\nnew',
    ],
  ] as const) {
    test(`an existing file is continued: ${name}`, async () => {
      await writeFile(join(root, 'f'), before);
      const file = await open({ ...props, path: 'f' });
      await file.write(bytesItems(['new']));
      expect(await content('f')).toBe(after);
    });
  }

  test('two rules may append lines to one file', async () => {
    const [left, right] = [await open({}), await open({})];
    await left.write(bytesItems(['l1']));
    await right.write(bytesItems(['r1']));
    await left.write(bytesItems(['l2']));
    expect(await content()).toBe('l1\nr1\nl2');
  });
});

describe('files', () => {
  test('one per rendered path', async () => {
    const file = await open({ path: '{{.p}}' });
    const paths: ItemProps[] = [{ path: 'a' }, { path: 'b' }, { path: 'b' }, { path: 'a' }];
    await file.write(bytesItems(['1', '2', '3', '4'], paths));
    expect(await content('a')).toBe('1\n4');
    expect(await content('b')).toBe('2\n3');
  });

  for (const [pattern, names] of [
    ['prefix', ['1700000000000-f.txt', '1700000000001-f.txt', '1700000000002-f.txt']],
    ['suffix', ['f-1700000000000.txt', 'f-1700000000001.txt', 'f-1700000000002.txt']],
  ] as const) {
    test(`roll by count, the time as ${pattern} of their names`, async () => {
      const file = await open({ rollingCount: 2, rollingNamePattern: pattern, fileType: 'json' });
      await file.write(bytesItems(['1', '2', '3', '4', '5']));
      expect((await readdir(join(root, 'out'))).sort()).toEqual(names);
      expect(await Promise.all(names.map((name) => content(`out/${name}`)))).toEqual(['[1,2]', '[3,4]', '[5]']);
    });
  }

  test('roll by size when it is reached', async () => {
    const file = await open({ rollingCount: 0, rollingSize: 4, rollingNamePattern: 'prefix' });
    await file.write(bytesItems(['12', '34', '5678', '9']));
    const names = (await readdir(join(root, 'out'))).sort();
    expect(await Promise.all(names.map((name) => content(`out/${name}`)))).toEqual(['12\n34', '5678', '9']);
  });

  test('roll by age at a check', async () => {
    const file = await open({ rollingInterval: '10s', rollingNamePattern: 'suffix' });
    await file.write(bytesItems(['1']));
    clock.advance(5_000);
    await file.write(bytesItems(['2']));
    clock.advance(5_000);
    await file.write(bytesItems(['3']));
    expect((await readdir(join(root, 'out'))).sort()).toEqual(['f-1700000000000.txt', 'f-1700000010000.txt']);
    await file.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test('are continued when they roll without a name of their own', async () => {
    const file = await open({ rollingCount: 2 });
    await file.write(bytesItems(['1', '2', '3']));
    expect(await content()).toBe('1\n2\n3');
  });
});

describe('compressed and encrypted', () => {
  test('gzip: readable after close, and continued by a second part', async () => {
    for (const text of ['1', '2']) {
      const file = await open({ compression: 'gzip' });
      await file.write(bytesItems([text, 'x'.repeat(100_000)]));
      await file.close();
    }
    const long = 'x'.repeat(100_000);
    expect(gunzipSync(await readFile(join(root, 'out/f.txt'))).toString()).toBe(`1\n${long}\n2\n${long}`);
  });

  test('what a write has returned from can be recovered without close', async () => {
    const file = await open({ compression: 'gzip', fileType: 'json' });
    await file.write(bytesItems(['1', '2']));
    const bytes = await readFile(join(root, 'out/f.txt'));
    expect(gunzipSync(bytes, { finishFlush: 2 }).toString()).toBe('[1,2');
  });

  for (const compression of ['', 'gzip']) {
    test(`aes after ${compression || 'nothing'}`, async () => {
      const file = await open({ encryption: 'aes', compression, fileType: 'json' });
      await file.write(bytesItems(['1', '2']));
      await file.close();
      const bytes = await readFile(join(root, 'out/f.txt'));
      const plain = createDecipheriv('aes-256-cfb', aesKey, bytes.subarray(0, 16)).update(bytes.subarray(16));
      expect((compression === '' ? plain : gunzipSync(plain)).toString()).toBe('[1,2]');
    });
  }
});

test('a write that fails names the item and can be repeated', async () => {
  await writeFile(join(root, 'blocked'), '');
  const file = await open({ path: '{{.p}}' });
  const writing = file.write(bytesItems(['1', '2'], [{ path: 'ok' }, { path: 'blocked/f' }]));
  await expect(writing).rejects.toMatchObject({ index: 1, recoverable: true });
  expect(await content('ok')).toBe('1');
  await rm(join(root, 'blocked'));
  await file.write(bytesItems(['2'], [{ path: 'blocked/f' }]));
  expect(await content('blocked/f')).toBe('2');
});

sinkContract('file', () => ({
  declaration: sink,
  props: { path: 'contract', fileType: 'lines' },
  context: { rootPath: root },
  arrived: async () => (await content('contract')).split('\n'),
}));
