import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@kuiper/base';
import type { PullSubscription } from '@kuiper/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  checkSource,
  CollectingSource,
  type CollectingOptions,
  openSource,
  sourceContract,
} from '../../../../test/contract/source.ts';
import { fileSource } from './file-source.ts';

let root = '';
const closing: (() => Promise<unknown> | unknown)[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kuiper-file-'));
  await mkdir(join(root, 'data'));
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await rm(root, { recursive: true, force: true });
});

const put = async (name: string, content: string | Buffer, changedMs?: number): Promise<void> => {
  await writeFile(join(root, 'data', name), content);
  if (changedMs !== undefined) await utimes(join(root, 'data', name), changedMs / 1000, changedMs / 1000);
};

const open = async (
  props: Readonly<Record<string, unknown>>,
  name = '',
  options: CollectingOptions = {},
): Promise<{ context: CollectingSource; subscription: PullSubscription }> => {
  const context = new CollectingSource({ clock: new ManualClock(1000), ...options, rootPath: root });
  const subscription = (await openSource(
    fileSource(root),
    context,
    { path: 'data', ...props },
    name,
  )) as PullSubscription;
  closing.push(() => subscription.close());
  return { context, subscription };
};

/** Everything that one read of one file gives. */
const readAll = async (
  props: Readonly<Record<string, unknown>>,
  content: string | Buffer,
): Promise<CollectingSource> => {
  await put('in', content);
  const { context, subscription } = await open(props, 'in');
  await subscription.pull(5000);
  return context;
};

describe('wrong properties are refused when the rule is created', () => {
  for (const [props, text] of [
    [{ path: '' }, 'missing property Path'],
    [{ fileType: 'csv', decompression: 'gzip' }, 'decompression is not supported for csv file type'],
    [{ fileType: 'lines', decompression: 'gzip' }, 'decompression is not supported for lines file type'],
    [{ fileType: 'parquet' }, 'file type parquet is not supported'],
    [{ actionAfterRead: 3 }, 'invalid actionAfterRead: 3'],
    [{ actionAfterRead: 2 }, 'missing moveTo when actionAfterRead is 2'],
    [{ fileType: 'yaml', decompression: 'gzip' }, null],
  ] as const) {
    test(JSON.stringify(props), () => expect(checkSource(fileSource(root), { path: 'data', ...props }, '')).toBe(text));
  }

  test('what is not there', async () => {
    expect(checkSource(fileSource(root), { path: 'data' }, 'absent')).toBe(
      `file ${join(root, 'data', 'absent')} not exist`,
    );
    expect(checkSource(fileSource(root), { path: 'nowhere' }, '')).toBe('invalid path nowhere');
    await expect(open({}, 'absent')).rejects.toThrow(`file ${join(root, 'data', 'absent')} not exist`);
    await expect(open({ path: 'nowhere' })).rejects.toThrow('invalid path nowhere');
    await put('in', '');
    await expect(open({ actionAfterRead: 2, moveTo: 'data/in' }, 'in')).rejects.toThrow(
      'moveTo data/in is not a directory',
    );
  });
});

describe('contents', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, string, readonly unknown[]])[] = [
    ['a json file is one message', { fileType: 'json' }, '[{"a":1},{"a":2}]\n', ['[{"a":1},{"a":2}]\n']],
    ['an unknown type is one message', { fileType: 'odd' }, 'x\ny', ['x\ny']],
    ['an empty file is none', { fileType: 'json' }, '', []],
    ['lines with and without carriage returns', { fileType: 'lines' }, '1\r\n2\n3', ['1', '2', '3']],
    ['blank lines are no messages', { fileType: 'lines' }, '1\n\n\r\n2\n', ['1', '2']],
    [
      'lines left out at both ends',
      { fileType: 'lines', ignoreStartLines: 2, ignoreEndLines: 1 },
      'a\n\nb\nc\nd\n',
      ['b', 'c'],
    ],
    ['blank lines count when lines are left out', { fileType: 'lines', ignoreEndLines: 2 }, 'a\nb\n\nc', ['a', 'b']],
    ['more lines left out than there are', { fileType: 'lines', ignoreStartLines: 9 }, 'a\nb\n', []],
    ['ends that overlap', { fileType: 'lines', ignoreStartLines: 2, ignoreEndLines: 2 }, 'a\nb\nc\n', []],
    ['negative counts are zero', { fileType: 'lines', ignoreStartLines: -1, ignoreEndLines: -1 }, 'a\n', ['a']],
    ['lines left out of a json file', { fileType: 'json', ignoreStartLines: 1 }, '# x\n{"a":1}', ['{"a":1}']],
  ];
  for (const [name, props, content, texts] of cases) {
    test(name, async () => {
      const context = await readAll(props, content);
      expect(context.texts).toEqual(texts);
      expect(context.ended).toBe('');
    });
  }

  test('lines longer than a read, and many of them', async () => {
    const lines = [
      'short',
      'x'.repeat(300_000),
      'é'.repeat(200_000),
      ...Array.from({ length: 50_000 }, (_, i) => `line ${i}`),
    ];
    const context = await readAll({ fileType: 'lines' }, lines.join('\n'));
    expect(context.texts).toEqual(lines);
    expect(context.batches).toBeLessThan(12);
  });

  const csv: readonly (readonly [string, Record<string, unknown>, string, readonly unknown[]])[] = [
    ['a header names the columns', { hasHeader: true }, 'a,b\n1,x\n', [{ a: '1', b: 'x' }]],
    ['columns are configured', { columns: ['p', 'q'] }, '1,2\n', [{ p: '1', q: '2' }]],
    ['columns are numbered', {}, '1,2\n3\n', [{ cols0: '1', cols1: '2' }, { cols0: '3' }]],
    ['quotes, doubled quotes and line breaks', {}, '"a ""b""","c\nd"\r\n', [{ cols0: 'a "b"', cols1: 'c\nd' }]],
    ['leading spaces are dropped', {}, ' a,  "b" \n', []],
    ['leading spaces before a quote', {}, ' a,  "b"\n', [{ cols0: 'a', cols1: 'b' }]],
    ['another delimiter, its first character', { delimiter: ';;' }, '1;2\n', [{ cols0: '1', cols1: '2' }]],
    ['a tab as delimiter keeps empty fields', { delimiter: '\t' }, 'a\t\tb\n', [{ cols0: 'a', cols1: '', cols2: 'b' }]],
    ['fields without a name are dropped', { hasHeader: true }, 'a\n1,2\n', [{ a: '1' }]],
    ['missing fields stay missing', { hasHeader: true }, 'a,b\n1\n', [{ a: '1' }]],
    ['empty lines are skipped', { hasHeader: true }, 'a\n\n1\n\r\n2', [{ a: '1' }, { a: '2' }]],
    ['a column may have any name', { hasHeader: true }, '__proto__\n1\n', [JSON.parse('{"__proto__":"1"}')]],
  ];
  for (const [name, props, content, rows] of csv) {
    test(`csv: ${name}`, async () => {
      const context = await readAll({ fileType: 'csv', ...props }, content);
      expect(context.rows).toEqual(rows);
    });
  }

  test('csv: a quote in the wrong place ends the file, what came before is kept', async () => {
    const context = await readAll({ fileType: 'csv' }, '1\n2"\n3\n');
    expect(context.rows).toEqual([{ cols0: '1' }]);
    expect(context.failures.map(String)).toEqual([expect.stringContaining('record on line 2: wrong quote in csv')]);
  });

  test('csv: a character cut in two by a read is put together', async () => {
    const word = 'é'.repeat(131_071);
    const context = await readAll({ fileType: 'csv' }, `x${word},é\n`);
    expect(context.rows).toEqual([{ cols0: `x${word}`, cols1: 'é' }]);
  });

  test('the file is metadata, the tick is the time', async () => {
    const context = await readAll({ fileType: 'lines' }, 'a\n');
    expect(context.messages[0]).toMatchObject({ meta: { file: join(root, 'data', 'in') }, timestampMs: 5000 });
  });
});

describe('when', () => {
  test('with an interval the whole file is read on each tick', async () => {
    await put('in', '1\n');
    const { context, subscription } = await open({ fileType: 'lines', interval: '1s' }, 'in');
    await subscription.pull(1000);
    await put('in', '1\n2\n');
    await subscription.pull(2000);
    expect(context.texts).toEqual(['1', '1', '2']);
    expect(context.messages.map(({ position }) => position)).toEqual([0, 1, 2]);
    expect(context.ended).toBe(null);
  });

  test('a directory is read in the order of change, new files on the next tick', async () => {
    await put('b', '1', 1_000_000);
    await put('a', '2', 2_000_000);
    await mkdir(join(root, 'data', 'sub'));
    const { context, subscription } = await open({ fileType: 'raw', interval: 1000 });
    await subscription.pull(1000);
    expect(context.texts).toEqual(['1', '2']);
    await put('c', '3', 3_000_000);
    await subscription.pull(2000);
    await subscription.pull(3000);
    expect(context.texts).toEqual(['1', '2', '3']);
  });

  test('without an interval a directory is watched', async () => {
    await put('a', '1', 1_000_000);
    const { context, subscription } = await open({ fileType: 'raw' });
    await subscription.pull(1000);
    await put('b', '2');
    await context.until(({ messages }) => messages.at(-1)?.text === '2');
    expect(context.ended).toBe(null);
  });

  test('a pause between messages, each with its own time', async () => {
    await put('in', 'a\nb\nc\n');
    const clock = new ManualClock(1000);
    const { context, subscription } = await open({ fileType: 'lines', sendInterval: '10s' }, 'in', { clock });
    const reading = subscription.pull(1000);
    for (const count of [1, 2, 3]) {
      await context.until(({ messages }) => messages.length === count);
      await timerSet(clock, count < 3);
      clock.advance(10_000);
    }
    await reading;
    expect(context.messages.map(({ text, timestampMs }) => [text, timestampMs])).toEqual([
      ['a', 1000],
      ['b', 11_000],
      ['c', 21_000],
    ]);
  });

  test('closing in a pause ends the reading', async () => {
    await put('in', 'a\nb\n');
    const { context, subscription } = await open({ fileType: 'lines', sendInterval: '10s' }, 'in');
    const reading = subscription.pull(1000);
    await context.until(({ messages }) => messages.length === 1);
    await subscription.close();
    await reading;
    expect(context.texts).toEqual(['a']);
  });
});

describe('files that have been read', () => {
  test('are deleted when their messages are safe', async () => {
    await put('in', 'a\nb\n');
    const { subscription } = await open({ fileType: 'lines', actionAfterRead: 1 }, 'in');
    await subscription.pull(1000);
    subscription.committed?.(0);
    expect(await readdir(join(root, 'data'))).toEqual(['in']);
    subscription.committed?.(1);
    await gone(join(root, 'data'), 'in');
  });

  test('are moved into a directory that is made for them', async () => {
    await put('in', 'a\n');
    const { subscription } = await open({ fileType: 'lines', actionAfterRead: 2, moveTo: 'done/today' }, 'in');
    await subscription.pull(1000);
    subscription.committed?.(0);
    await gone(join(root, 'data'), 'in');
    expect(await readdir(join(root, 'done/today'))).toEqual(['in']);
  });
});

describe('after a restart', () => {
  const lines = ['0', '1', '2', '3', '4', '5'];
  for (const type of ['lines', 'csv']) {
    for (const safe of [-1, 0, 3, 5]) {
      test(`${type}: reading goes on behind position ${safe}`, async () => {
        await put('in', lines.join('\n'));
        const first = await open({ fileType: type }, 'in');
        await first.subscription.pull(1000);
        if (safe >= 0) first.subscription.committed?.(safe);
        const state = JSON.parse(JSON.stringify(first.subscription.stateAt?.(safe)));
        await first.subscription.close();
        const second = await open({ fileType: type }, 'in', { resumeFrom: state });
        await second.subscription.pull(1000);
        const seen = second.context.messages.map(({ text, row }) => text ?? row?.['cols0']);
        expect(seen).toEqual(lines.slice(safe + 1));
        expect(second.context.messages.map(({ position }) => position)).toEqual(seen.map((_, i) => i));
        expect(second.context.ended).toBe('');
      });
    }
  }

  test('a directory goes on in the file where it stopped', async () => {
    await put('a', '1\n2\n', 1_000_000);
    await put('b', '3\n4\n', 2_000_000);
    await put('c', '5\n', 3_000_000);
    const props = { fileType: 'lines', interval: 1000 };
    const first = await open(props);
    await first.subscription.pull(1000);
    const states = [-1, 0, 1, 2, 3, 4].map((position) => first.subscription.stateAt?.(position));
    for (const [i, state] of states.entries()) {
      const { context, subscription } = await open(props, '', { resumeFrom: state });
      await subscription.pull(1000);
      expect(context.texts).toEqual(['1', '2', '3', '4', '5'].slice(i));
    }
  });

  test('a file that changed since is read anew', async () => {
    await put('in', 'a\n', 1_000_000);
    const first = await open({ fileType: 'lines' }, 'in');
    await first.subscription.pull(1000);
    const state = first.subscription.stateAt?.(0);
    await put('in', 'b\n', 2_000_000);
    const { context, subscription } = await open({ fileType: 'lines' }, 'in', { resumeFrom: state });
    await subscription.pull(1000);
    expect(context.texts).toEqual(['b']);
  });
});

test('the offset cannot be set by hand', async () => {
  await put('in', '');
  const { subscription } = await open({}, 'in');
  expect(() => subscription.reset?.({})).toThrow('File source ResetOffset not supported');
});

let produced = 0;
sourceContract('file', () => ({
  declaration: fileSource(root),
  props: { path: 'data', fileType: 'raw', interval: '1s' },
  context: { rootPath: root },
  async produce(count) {
    for (let i = 0; i < count; i++) await put(`f${produced}`, String(produced), ++produced * 1_000_000);
  },
}));

/** Resolves when the file is no longer in the directory. */
async function gone(directory: string, name: string): Promise<void> {
  while ((await readdir(directory)).includes(name)) await new Promise(setImmediate);
}

/** Resolves when the clock has something to wait for. */
async function timerSet(clock: ManualClock, wanted: boolean): Promise<void> {
  while (wanted && clock.pendingTimers === 0) await new Promise(setImmediate);
}
