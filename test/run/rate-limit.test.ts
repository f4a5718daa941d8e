/** Push sources down-sampled by `interval`: the newest message, or the newest of each value of a field as one row. */
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';
import { ScriptedHost } from './scripted.ts';

let run: ScriptedHost;

beforeEach(async () => {
  run = await ScriptedHost.create();
});
afterEach(() => run.close());

function rule(
  props: Readonly<Record<string, unknown>>,
  sql = 'SELECT * FROM demo',
): Parameters<ScriptedHost['start']>[0] {
  const create = 'CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")';
  return ruleSpec({
    id: 'r',
    sql,
    streams: [[create, props]],
    actions: [['scripted', { name: 'r', sendSingle: true }]],
  });
}

/** Messages, or ms that go by. */
type Steps = readonly (number | Readonly<Record<string, unknown>>)[];

const cases: readonly {
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly sql?: string;
  readonly steps: Steps;
  readonly rows: readonly unknown[];
}[] = [
  {
    name: 'the newest of each value, as one row',
    props: { interval: '1s', mergeField: 'id' },
    steps: [{ id: 1, a: 1 }, { id: 2, b: 2 }, { id: 1, c: 3 }, 1000, 1000, { id: 1, a: 9 }, 1000],
    rows: [
      { id: 1, b: 2, c: 3 },
      { id: 1, a: 9 },
    ],
  },
  {
    name: 'lists and missing values share one message',
    props: { interval: 1000, mergeField: 'id' },
    steps: [{ id: [1], a: 1 }, { b: 2 }, { id: 'x', d: 4 }, 1000],
    rows: [{ b: 2, d: 4, id: 'x' }],
  },
  {
    name: 'a statement decodes the columns it names',
    props: { interval: '1s', mergeField: 'id' },
    sql: 'SELECT a + b AS s FROM demo',
    steps: [{ id: 1, a: 1 }, { id: 2, b: 2 }, 1000],
    rows: [{ s: 3 }],
  },
  {
    name: 'without the interval every message goes on',
    props: { mergeField: 'id' },
    steps: [{ id: 1 }, { id: 1 }],
    rows: [{ id: 1 }, { id: 1 }],
  },
  {
    name: 'interval alone keeps the newest',
    props: { interval: '1s' },
    steps: [{ id: 1 }, { id: 2 }, 1000],
    rows: [{ id: 2 }],
  },
];

describe('a rate limited source', () => {
  for (const { name, props, sql, steps, rows } of cases) {
    it(name, async () => {
      await run.start(rule(props, sql));
      for (const step of steps) {
        if (typeof step === 'number') run.clock.advance(step);
        else void run.feed('in').send(step);
        await run.settle();
      }
      expect(run.drain('r').written.map((text) => JSON.parse(text) as unknown)).toEqual(rows);
    });
  }

  it('acknowledges merged messages together, when their row is safe', async () => {
    await run.start(rule({ interval: '1s', mergeField: 'id' }));
    const held = run.drain('r').hold();
    void run.feed('in').send({ id: 1 });
    void run.feed('in').send({ id: 2 });
    await run.settle();
    run.clock.advance(1000);
    await run.settle();
    expect(run.feed('in').committedTo).toEqual([]);
    held.succeed();
    await run.settle();
    expect(run.feed('in').committedTo).toEqual([1]);
  });
});

const refused: readonly (readonly [props: Readonly<Record<string, unknown>>, text: string])[] = [
  [{ interval: '1s', mergeField: 'id', merger: 'm' }, 'mergeField and merger cannot set together'],
  [{ merger: 'm' }, 'merger is set but rate limit is not required'],
  [{ interval: '1s', merger: 'm' }, 'merger m not found'],
  [
    { interval: '1s', mergeField: 'id', payloadFormat: 'json' },
    'do not support rate limit merge together with payloadFormat',
  ],
  [{ interval: '1us' }, 'interval should be larger than 1ms'],
];
test.each(refused)('%j is refused: %s', async (props, text) => {
  await expect(run.start(rule(props))).rejects.toThrow(text);
});
