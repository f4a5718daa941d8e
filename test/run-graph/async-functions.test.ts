/** Asynchronous functions in graphs: rows go on in order, and a switch does not take them. */
import { scalar, t } from '@kuiper/sdk';
import { afterEach, expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';
import { ScriptedHost } from '../run/scripted.ts';

const later = scalar({
  name: 'later',
  version: '1',
  group: 'test',
  args: [t.any('x')],
  returns: 'any',
  onNull: 'call',
  volatile: true,
  async: true,
  summary: '',
  examples: [],
  eval: async (x: unknown) => {
    for (let i = Number(x); i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
    return Number(x) * 10;
  },
});

type Spec = Parameters<ScriptedHost['start']>[0];

function graph(operator: object, edges: unknown): Spec {
  const spec = ruleSpec({
    id: 'r',
    sql: '',
    streams: [['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}]],
  });
  return {
    ...spec,
    sql: null,
    graph: {
      nodes: {
        demo: { type: 'source', nodeType: 'scripted', props: { sourceType: 'stream', sourceName: 'demo' } },
        op: { type: 'operator', ...operator },
        out: { type: 'sink', nodeType: 'scripted', props: { name: 'r', sendSingle: true } },
      },
      topo: { sources: ['demo'], edges: { demo: ['op'], op: edges } },
    },
  };
}

let run: ScriptedHost;
afterEach(() => run.close());

it('are waited for, in the order of the rows', async () => {
  run = await ScriptedHost.create({ functions: [later] });
  await run.start(graph({ nodeType: 'function', props: { expr: 'later(a) as x' } }, ['out']));
  run.feed('in').send({ a: 3 }, { a: 1 }, { a: 0 });
  await run.settle();
  expect(run.drain('r').rows.map(({ x }) => x)).toEqual([30, 10, 0]);
});

it('cannot decide in a switch', async () => {
  run = await ScriptedHost.create({ functions: [later] });
  const spec = graph({ nodeType: 'switch', props: { cases: ['later(a) > 10'] } }, [['out']]);
  await expect(run.host.plan(spec)).rejects.toThrow(
    'function later is asynchronous and cannot be used in a case of a switch',
  );
});
