/** Functions of extensions: an instance per call site, calls over groups, errors as they are. Source: behaviour spec, extension §1. */
import type { Catalog } from '@kuiper/engine';
import { type FunctionContext, type FunctionDeclaration, type FunctionInstance, scalar, t } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import { catalogOf, planStatement } from '../plan/test-catalog.ts';
import { TestRun } from './run-program.ts';

let events: string[] = [];
let instances: FunctionInstance[] = [];

const traits = { group: 'test', args: [t.rest(t.any('x'), 0)], returns: 'any', summary: '', examples: [] } as const;

function declare(
  name: string,
  more: Partial<Parameters<typeof scalar>[0]> & Pick<Parameters<typeof scalar>[0], 'eval'>,
): FunctionDeclaration {
  return scalar({ ...traits, name, onNull: 'call', volatile: true, ...more });
}

const later = async <T>(value: T): Promise<T> => {
  await new Promise((resolve) => setImmediate(resolve));
  return value;
};

function makeTally(context: FunctionContext): FunctionInstance {
  const { funcId, opId } = context;
  events.push(`made ${funcId} in ${opId}`);
  let calls = 0;
  const instance: FunctionInstance = {
    eval: (x: unknown) => {
      if (x === 'fail') throw new Error('it fails');
      return `${++calls}:${String(x)}`;
    },
    close: () => void events.push(`closed ${funcId}`),
  };
  instances.push(instance);
  return instance;
}

const never = (): never => {
  throw new Error('not through its instance');
};

const functions: readonly FunctionDeclaration[] = [
  declare('tally', { instantiate: makeTally, eval: never }),
  declare('tallyLater', { instantiate: (context) => later(makeTally(context)), eval: never }),
  declare('boom', {
    version: '1',
    eval: (x: unknown) => {
      if (x === 0n || x === 0) throw new Error('zero');
      return x;
    },
  }),
  declare('slowBoom', {
    version: '1',
    async: true,
    eval: async (x: unknown) => {
      await later(null);
      if (Number(x) === 0) throw new Error('zero');
      return Number(x) * 2;
    },
  }),
  declare('gather', { overGroup: true, eval: (...lists: unknown[]) => lists }),
  declare('total', {
    overGroup: true,
    eval: (list: readonly unknown[] = []) => list.reduce((sum: number, x) => sum + Number(x ?? 0), 0),
  }),
  declare('slowTotal', {
    overGroup: true,
    async: true,
    eval: (list: readonly unknown[]) => later(list.reduce((sum: number, x) => sum + Number(x ?? 0), 0)),
  }),
];

const streams = catalogOf(['CREATE STREAM s () WITH (DATASOURCE="s", FORMAT="json", TYPE="httppush")']);
const find: Catalog['functions']['find'] = (name) =>
  functions.find((fn) => fn.name === name) ?? streams.functions.find(name);
const catalog: Catalog = { ...streams, functions: { ...streams.functions, find } };

interface Case {
  readonly name: string;
  readonly sql: string;
  readonly input: readonly unknown[];
  readonly messages: readonly unknown[];
}

const abc = [
  { a: 1, g: 'x' },
  { a: null, g: 'x' },
  { g: 'y', b: 5 },
];

const cases: readonly Case[] = [
  {
    name: 'each call site has an instance of its own',
    sql: 'SELECT tally(a) AS x, tally(a) AS y, tallyLater(a) AS z FROM s WHERE tally(a) != "2:9"',
    input: [{ a: 1 }, { a: 9 }, { a: 3 }],
    messages: [[{ x: '1:1', y: '1:1', z: '1:1' }], [{ x: '2:3', y: '2:3', z: '2:3' }]],
  },
  {
    name: 'an alias is one call site wherever it is used',
    sql: 'SELECT tally(a) AS x, x AS y FROM s WHERE x != "1:1"',
    input: [{ a: 1 }, { a: 2 }],
    messages: [[{ x: '2:2', y: '2:2' }]],
  },
  {
    name: 'an error of an instance is told like any other',
    sql: 'SELECT tally(a) AS x FROM s',
    input: [{ a: 'fail' }, { a: 1 }],
    messages: [
      'run Select error: alias: x expr: Call:{ name:tally, args:[s.a] } meet error, err:call func tally error: it fails',
      [{ x: '1:1' }],
    ],
  },
  {
    name: 'lists hold every row, null included',
    sql: 'SELECT gather(a, g) AS l FROM s GROUP BY COUNTWINDOW(3)',
    input: abc,
    messages: [
      [
        {
          l: [
            [1, null, null],
            ['x', 'x', 'y'],
          ],
        },
      ],
    ],
  },
  {
    name: 'lists are those of the group, beside aggregates',
    sql: 'SELECT g, gather(a + 1) AS l, count(*) AS n FROM s GROUP BY g, COUNTWINDOW(3) ORDER BY total(a) DESC',
    input: [
      { a: 1, g: 'x' },
      { a: 5, g: 'y' },
      { a: 2, g: 'x' },
    ],
    messages: [
      [
        { g: 'y', l: [[6]], n: 1 },
        { g: 'x', l: [[2, 3]], n: 2 },
      ],
    ],
  },
  {
    name: 'a call without arguments makes the statement aggregate too',
    sql: 'SELECT total() AS t FROM s GROUP BY COUNTWINDOW(2)',
    input: [{ a: 1 }, { a: 2 }],
    messages: [[{ t: 0 }]],
  },
  {
    name: 'a single event is a group of one',
    sql: 'SELECT total(a) AS t, upper(g) AS u FROM s',
    input: [{ a: 3, g: 'x' }],
    messages: [[{ t: 3, u: 'X' }]],
  },
  {
    name: 'in HAVING, over groups',
    sql: 'SELECT g FROM s GROUP BY g, COUNTWINDOW(3) HAVING total(a) > 4',
    input: [
      { a: 1, g: 'x' },
      { a: 5, g: 'y' },
      { a: 2, g: 'x' },
    ],
    messages: [[{ g: 'y' }]],
  },
  {
    name: 'in WHERE, over what comes in',
    sql: 'SELECT a FROM s WHERE a * 2 > total(a) GROUP BY COUNTWINDOW(3)',
    input: [{ a: 1 }, { a: 5 }, { a: 2 }],
    messages: [[{ a: 5 }]],
  },
  {
    name: 'with the FILTER of a window',
    sql: 'SELECT total(a) AS t FROM s GROUP BY COUNTWINDOW(2) FILTER(WHERE a > 1)',
    input: [{ a: 1 }, { a: 5 }, { a: 2 }],
    messages: [[{ t: 7 }]],
  },
  {
    name: 'inside a scalar function and an expression',
    sql: 'SELECT abs(0 - total(a)) + 1 AS t FROM s GROUP BY COUNTWINDOW(2)',
    input: [{ a: 1 }, { a: 5 }],
    messages: [[{ t: 7 }]],
  },
  {
    name: 'in a sliding window, whose oldest rows leave',
    sql: 'SELECT total(a) AS t FROM s GROUP BY COUNTWINDOW(2, 1)',
    input: [{ a: 1 }, { a: 5 }, { a: 2 }],
    messages: [[{ t: 6 }], [{ t: 7 }]],
  },
  {
    name: 'asynchronous ones in a sliding window, whose rows go on while they wait',
    sql: 'SELECT slowTotal(a) AS t, slowBoom(sum(a)) AS d FROM s GROUP BY COUNTWINDOW(2, 1)',
    input: [{ a: 1 }, { a: 5 }, { a: 2 }],
    messages: [[{ t: 6, d: 12 }], [{ t: 7, d: 14 }]],
  },
  {
    name: 'a row in two windows is computed for each, but for what was computed before',
    sql: 'SELECT tally(a) AS x, tally(0) AS y FROM s GROUP BY COUNTWINDOW(2, 1) FILTER(WHERE x != "")',
    input: [{ a: 1 }, { a: 5 }, { a: 2 }],
    messages: [
      [
        { x: '1:1', y: '1:0' },
        { x: '2:5', y: '2:0' },
      ],
      [
        { x: '2:5', y: '3:0' },
        { x: '3:2', y: '4:0' },
      ],
    ],
  },
  {
    name: 'asynchronous ones over groups, everywhere at once',
    sql: 'SELECT g, slowTotal(a) AS t, slowBoom(slowTotal(a)) AS d FROM s GROUP BY g, COUNTWINDOW(3) HAVING slowTotal(a) > 2 ORDER BY slowTotal(a) DESC',
    input: [
      { a: 3, g: 'x' },
      { a: 5, g: 'y' },
      { a: 2, g: 'z' },
    ],
    messages: [
      [
        { g: 'y', t: 5, d: 10 },
        { g: 'x', t: 3, d: 6 },
      ],
    ],
  },
  {
    name: 'asynchronous ones over groups in WHERE',
    sql: 'SELECT a FROM s WHERE a * 2 > slowTotal(a) GROUP BY COUNTWINDOW(3)',
    input: [{ a: 1 }, { a: 5 }, { a: 2 }],
    messages: [[{ a: 5 }]],
  },
  {
    name: 'asynchronous ones in a HAVING over all rows, which stay rows',
    sql: 'SELECT a FROM s GROUP BY COUNTWINDOW(2) HAVING slowBoom(count(*)) > 3',
    input: [{ a: 1 }, { a: 5 }],
    messages: [[{ a: 1 }, { a: 5 }]],
  },
  {
    name: 'their arguments may be asynchronous',
    sql: 'SELECT gather(slowBoom(a)) AS l FROM s GROUP BY COUNTWINDOW(2)',
    input: [{ a: 1 }, { a: 5 }],
    messages: [[{ l: [[2, 10]] }]],
  },
  {
    name: 'an error in an aggregate query is an error, not null',
    sql: 'SELECT boom(a) AS x, count(*) AS n FROM s GROUP BY COUNTWINDOW(1)',
    input: [{ a: 0 }, { a: 2 }],
    messages: [
      'run Select error: alias: x expr: Call:{ name:boom, args:[s.a] } meet error, err:call func boom error: zero',
      [{ x: 2, n: 1 }],
    ],
  },
  {
    name: 'also of an asynchronous one',
    sql: 'SELECT slowBoom(a) AS x, count(*) AS n FROM s GROUP BY COUNTWINDOW(1)',
    input: [{ a: 0 }, { a: 2 }],
    messages: [
      'run Select error: alias: x expr: Call:{ name:slowBoom, args:[s.a] } meet error, err:call func slowBoom error: zero',
      [{ x: 4, n: 1 }],
    ],
  },
];

async function settle(run: TestRun): Promise<void> {
  for (let wait = run.instance.drain(); wait !== undefined; wait = run.instance.drain()) await wait;
}

async function started(sql: string, mode: 'compiled' | 'interpreted'): Promise<TestRun> {
  events = [];
  instances = [];
  const run = new TestRun({ plan: planStatement(sql, catalog), mode });
  await run.opened;
  return run;
}

describe.each(['compiled', 'interpreted'] as const)('%s', (mode) => {
  test.each(cases)('$name', async ({ sql, input, messages }) => {
    const run = await started(sql, mode);
    for (const row of input) run.send('s', row);
    await settle(run);
    expect(run.messages).toEqual(messages);
  });

  test('instances are made before the first row, in the order of the calls, and closed at the end', async () => {
    const run = await started(
      'SELECT tally(a) AS x, count(tallyLater(a)) AS y FROM s GROUP BY g, COUNTWINDOW(3)',
      mode,
    );
    expect(events).toEqual(['made 0 in 5_project', 'made 1 in 4_aggregate']);
    await run.instance.stop();
    expect(events.slice(2).sort()).toEqual(['closed 0', 'closed 1']);
  });

  test('an instance may be replaced between two events', async () => {
    const run = await started('SELECT tally(a) AS x FROM s', mode);
    run.send('s', { a: 1 });
    (instances[0] as FunctionInstance).eval = () => 'new';
    run.send('s', { a: 1 });
    expect(run.messages).toEqual([[{ x: '1:1' }], [{ x: 'new' }]]);
  });

  test('two runs of one program have instances of their own', async () => {
    const plan = planStatement('SELECT tally(a) AS x FROM s', catalog);
    const runs = [new TestRun({ plan, mode }), new TestRun({ plan, mode })];
    for (const run of runs) {
      await run.opened;
      run.send('s', { a: 1 });
    }
    expect(runs.map((run) => run.messages)).toEqual([[[{ x: '1:1' }]], [[{ x: '1:1' }]]]);
  });
});

describe('a statement is refused', () => {
  const refused: readonly (readonly [sql: string, text: string])[] = [
    ['SELECT total(sum(a)) AS x FROM s GROUP BY COUNTWINDOW(2)', 'total'],
    ['SELECT sum(total(a)) AS x FROM s GROUP BY COUNTWINDOW(2)', 'sum'],
    ['SELECT a FROM s GROUP BY total(a), COUNTWINDOW(2)', 'Not allowed to call aggregate functions in GROUP BY'],
  ];
  for (const [sql, text] of refused) {
    test(sql, () => expect(() => planStatement(sql, catalog)).toThrow(text));
  }
});
