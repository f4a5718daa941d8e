/** The examples of native plugins do what their descriptions say. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demo, NativeRig } from './native-rig.ts';

let rig: NativeRig;
beforeEach(async () => {
  rig = await NativeRig.open();
});
afterEach(() => rig.close());

async function send(...rows: readonly unknown[]): Promise<void> {
  for (const row of rows) {
    rig.scripted.feed('in').send(row);
    await rig.scripted.settle();
  }
}

/** Both coordinates as 32-bit fractions, their bits in turns: another way to a hash of 64 bits. */
function interleaved(lat: number, lng: number): bigint {
  const fractions = [(lng + 180) / 360, (lat + 90) / 180].map((part) => BigInt(Math.floor(part * 2 ** 32)));
  let hash = 0n;
  for (let bit = 31n; bit >= 0n; bit--) for (const part of fractions) hash = (hash << 1n) | ((part >> bit) & 1n);
  return BigInt.asIntN(64, hash);
}

describe('geohash', () => {
  const calls: [call: string, gives: unknown][] = [
    ['geohashEncode(57.64911, 10.40744)', 'u4pruydqqvj8'],
    ['geohashEncode(-25.382708, -49.265506)', '6gkzwgjzn820'],
    ['geohashEncodeInt(48.858, 2.294)', interleaved(48.858, 2.294)],
    ['geohashDecode("ezs42")', { Longitude: -5.603, Latitude: 42.605 }],
    [
      'geohashBoundingBox("ezs42")',
      { MinLat: 42.5830078125, MaxLat: 42.626953125, MinLng: -5.625, MaxLng: -5.5810546875 },
    ],
    ['geohashBoundingBoxInt(0)->MinLat', -90],
    ['geohashDecodeInt(0)->Latitude', -89.999999979],
    ['geohashNeighbor("dqcjq", "North")', 'dqcjw'],
    ['geohashNeighbors("dqcjq")', ['dqcjw', 'dqcjx', 'dqcjr', 'dqcjp', 'dqcjn', 'dqcjj', 'dqcjm', 'dqcjt']],
    ['geohashNeighborInt(geohashNeighborInt(1234567890123, "East"), "West")', 1234567890123],
    ['geohashNeighborsInt(3)[4]', null],
  ];

  it('has ten functions', { timeout: 30_000 }, async () => {
    await rig.installExample('functions', 'geohash', 'geohash');
    const sql = `SELECT ${calls.map(([call], i) => `${call} AS c${i}`).join(', ')} FROM demo`;
    await rig.start({ sql, streams: [demo] });
    await send({ a: 1 });
    const [text = ''] = rig.scripted.drain('r').written;
    const row = JSON.parse(text) as Record<string, unknown>;
    for (const [i, [call, gives]] of calls.entries()) {
      if (typeof gives === 'bigint') expect([call, text.includes(`"c${i}":${gives}`)]).toEqual([call, true]);
      else if (gives !== null) expect([call, row[`c${i}`]]).toEqual([call, gives]);
      else expect([call, typeof row[`c${i}`]]).toEqual([call, 'number']);
    }
    await expect(rig.start({ id: 'bad', sql: 'SELECT geohashEncode("x") FROM demo', streams: [demo] })).rejects.toThrow(
      'validate function geohashEncode error: Expect 2 arguments but found 1.',
    );
  });
});

describe('wordCount', () => {
  it('counts on after a crash', async () => {
    await rig.installExample('functions', 'word-count', 'wordCount');
    const sql = 'SELECT accumulateWordCount(text, " ") AS words FROM demo';
    const start = (): Promise<void> => rig.start({ sql, streams: [demo], options: { qos: 1, sendError: false } });
    await start();
    await send({ text: 'one two' }, { text: 'three' }, { text: 5 });
    await rig.scripted.during(rig.scripted.host.checkpoint('r'));
    await rig.crash();
    await start();
    await send({ text: 'four five six' });
    expect(rig.rows()).toEqual([{ words: 2 }, { words: 3 }, { words: 6 }]);
  });

  it('takes groups, and checks its arguments', async () => {
    await rig.installExample('functions', 'word-count', 'wordCount');
    await rig.start({ sql: 'SELECT countPlusOne(text) AS n FROM demo GROUP BY COUNTWINDOW(2)', streams: [demo] });
    await send({ text: 'a' }, { text: 'b' });
    expect(rig.rows()).toEqual([{ n: 3 }]);
    const bad: [string, string][] = [
      [
        'accumulateWordCount(text)',
        'validate function accumulateWordCount error: accumulateWordCount function only supports 2 parameter',
      ],
      [
        'accumulateWordCount(text, 1)',
        'validate function accumulateWordCount error: Expect string type for parameter 2',
      ],
    ];
    for (const [call, why] of bad) {
      await expect(rig.start({ id: 'bad', sql: `SELECT ${call} FROM demo`, streams: [demo] })).rejects.toThrow(why);
    }
  });
});

describe('random', () => {
  const stream = (props: object) =>
    ['CREATE STREAM numbers () WITH (TYPE="random")', { interval: '10ms', ...props }] as const;

  it('sends numbers, none twice when it is told so', async () => {
    await rig.installExample('sources', 'random-source', 'random');
    const props = { seed: 3, pattern: { a: 10, b: 20 }, deduplicate: -1 };
    await rig.start({ sql: 'SELECT a, b FROM numbers', streams: [stream(props)] });
    for (let i = 0; i < 200; i++) await rig.scripted.settle();
    const seen = rig.rows() as { a: number; b: number }[];
    expect(seen.map(({ a }) => a).sort()).toEqual([10, 11, 12]);
    for (const { a, b } of seen) expect(b - a).toBe(10);
  });

  it('checks its properties', async () => {
    await rig.installExample('sources', 'random-source', 'random');
    const start = (props: object): Promise<void> =>
      rig.start({ sql: 'SELECT * FROM numbers', streams: [stream(props)] });
    await expect(start({ seed: 0 })).rejects.toThrow('seed must be greater than 0');
    await expect(start({ seed: 'x' })).rejects.toThrow(`'seed' expected type 'int'`);
  });
});

describe('fileSink', () => {
  it('appends to the file that a template names', async () => {
    await rig.installExample('sinks', 'file-sink', 'fileSink');
    const path = join(rig.directory, '{{.device}}.log');
    const action = ['fileSink', { path, sendSingle: true }] as const;
    await rig.start({ sql: 'SELECT * FROM demo', streams: [demo], actions: [action] });
    await send({ device: 'a', n: 1 }, { device: 'b', n: 2 }, { device: 'a', n: 3 });
    await expect
      .poll(() => readFileSync(join(rig.directory, 'a.log'), 'utf8'))
      .toBe('{"device":"a","n":1}\n{"device":"a","n":3}\n');
    expect(readFileSync(join(rig.directory, 'b.log'), 'utf8')).toBe('{"device":"b","n":2}\n');
    const bad = rig.start({ id: 'bad', sql: 'SELECT * FROM demo', streams: [demo], actions: [['fileSink', {}]] });
    await expect(bad).rejects.toThrow('property path is required');
  });
});

describe('inventory', () => {
  it('answers from its file', async () => {
    const path = join(rig.directory, 'parts.json');
    writeFileSync(
      path,
      JSON.stringify([
        { id: 1, part: 'nut' },
        { id: 2, part: 'bolt' },
      ]),
    );
    await rig.installExample('sources', 'lookup-source', 'inventory');
    const table = [`CREATE TABLE parts () WITH (TYPE="inventory", DATASOURCE="${path}", KIND="lookup")`, {}] as const;
    const spec = { sql: 'SELECT part FROM demo INNER JOIN parts ON demo.id = parts.id', streams: [demo, table] };
    const [, source] = (await import('../support/rule-specs.ts')).ruleSpec({ id: 'r', ...spec }).sources;
    if (source === undefined) throw new Error('no table');
    await rig.scripted.host.openTable(source);
    await rig.start(spec);
    await send({ id: 2 }, { id: 3 });
    expect(rig.rows()).toEqual([{ part: 'bolt' }]);
  });
});
