/** What sources, sinks and calls of functions keep, and for how long. Source: behaviour spec, extension §2.5. */
import { type ExtensionState, type FunctionContext, scalar, t } from '@kuiper/sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';
import { ScriptedHost } from './scripted.ts';

const streamSql = (more: string): string =>
  `CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json"${more})`;

type Spec = Parameters<ScriptedHost['start']>[0];

function rule(sql: string, options: { id?: string; qos?: 0 | 1 | 2; shared?: boolean } = {}): Spec {
  const { id = 'r', qos = 1, shared = false } = options;
  return ruleSpec({
    id,
    sql,
    streams: [[streamSql(shared ? ', SHARED="true"' : ''), {}]],
    actions: [['scripted', { name: id, sendSingle: true }]],
    options: { qos, checkpointIntervalMs: 60_000, sendError: false },
  });
}

const plain = 'SELECT a FROM demo';
const windowed = 'SELECT count(*) AS c FROM demo GROUP BY COUNTWINDOW(4)';

let run: ScriptedHost;
afterEach(() => run.close());

const source = (host: ScriptedHost): ExtensionState => host.feed('in').context;
const sink = (host: ScriptedHost): ExtensionState => host.drain('r').context as ExtensionState;

/** The power goes, and a new host starts over what is on the disk. */
async function crash(old: ScriptedHost): Promise<ScriptedHost> {
  await old.settle();
  return ScriptedHost.create({ disk: old.disk.crash(() => false), drains: old.drains });
}

describe('the state of', () => {
  const owners = [
    { of: 'a source', state: source, shared: false },
    { of: 'a shared source', state: source, shared: true },
    { of: 'a sink', state: sink, shared: false },
  ];
  for (const { of, state, shared } of owners) {
    for (const sql of [plain, windowed]) {
      it(`${of} of ${sql} is there again after a crash, as of the last checkpoint`, async () => {
        run = await ScriptedHost.create();
        await run.start(rule(sql, { shared }));
        state(run).putState('seen', { id: 7n, at: [1.5, 'x', null], bytes: new Uint8Array([1, 2]) });
        state(run).putState('gone', 1);
        state(run).deleteState('gone');
        expect([state(run).incrCounter('n', 2), state(run).incrCounter('n', -5)]).toEqual([2, -3]);
        await run.during(run.host.checkpoint('r'));
        state(run).putState('seen', 'too late');
        run = await crash(run);
        await run.start(rule(sql, { shared }));
        expect(state(run).getState('seen')).toEqual({ id: 7n, at: [1.5, 'x', null], bytes: new Uint8Array([1, 2]) });
        expect(state(run).getState('gone')).toBe(undefined);
        expect(state(run).getCounter('n')).toBe(-3);
        // It goes on: what was deleted after the restart is gone for good.
        state(run).deleteState('seen');
        await run.during(run.host.checkpoint('r'));
        run = await crash(run);
        await run.start(rule(sql, { shared }));
        expect([state(run).getState('seen'), state(run).getCounter('n')]).toEqual([undefined, -3]);
      });
    }

    it(`${of} is saved when its rule stops`, async () => {
      run = await ScriptedHost.create();
      await run.start(rule(plain, { shared }));
      state(run).putState('seen', 1);
      await run.stop('r');
      await run.start(rule(plain, { shared }));
      expect(state(run).getState('seen')).toBe(1);
    });

    it(`${of} ends with the run when nothing lasting was asked for`, async () => {
      run = await ScriptedHost.create();
      await run.start(rule(plain, { shared, qos: 0 }));
      state(run).putState('seen', 1);
      expect(state(run).getState('seen')).toBe(1);
      await run.stop('r');
      await run.start(rule(plain, { shared, qos: 0 }));
      expect(state(run).getState('seen')).toBe(undefined);
    });
  }

  it('a source is apart from that of the sink', async () => {
    run = await ScriptedHost.create();
    await run.start(rule(plain));
    source(run).putState('k', 1);
    expect(sink(run).getState('k')).toBe(undefined);
  });

  it('a shared source stays with the stream when other rules read it', async () => {
    run = await ScriptedHost.create();
    await run.start(rule(plain, { shared: true, qos: 0, id: 'first' }));
    await run.start(rule(plain, { shared: true, id: 'r' }));
    source(run).putState('seen', 1);
    await run.stop('first');
    await run.stop('r');
    await run.start(rule(plain, { shared: true, id: 'third' }));
    expect(source(run).getState('seen')).toBe(1);
  });

  it('a rule that keeps nothing costs no checkpoints', async () => {
    run = await ScriptedHost.create();
    await run.start(rule(plain));
    run.feed('in').send({ a: 1 });
    await run.settle();
    await run.during(run.host.checkpoint('r'));
    await run.stop('r');
    expect(await run.disk.kv.table('checkpoint/r').keys()).toEqual([]);
  });

  it('a stateless rule does not deliver twice what was safe', async () => {
    run = await ScriptedHost.create();
    await run.start(rule(plain));
    sink(run).putState('k', 1);
    run.feed('in').send({ a: 1 }, { a: 2 });
    await run.settle();
    await run.during(run.host.checkpoint('r'));
    run = await crash(run);
    await run.start(rule(plain));
    run.feed('in').send({ a: 3 });
    await run.settle();
    expect(run.drain('r').rows).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });
});

describe('counters', () => {
  it('refuse what is no integer', async () => {
    run = await ScriptedHost.create();
    await run.start(rule(plain, { qos: 0 }));
    const state = source(run);
    state.putState('text', 'x');
    state.putState('part', 1.5);
    state.putState('big', 5n);
    expect(() => state.incrCounter('text', 1)).toThrow('state[text] must be an int');
    expect(() => state.incrCounter('part', 1)).toThrow('state[part] must be an int');
    expect(() => state.getCounter('text')).toThrow('state[text] is not a number, but x');
    expect([state.incrCounter('big', 1), state.getCounter('none')]).toEqual([6, 0]);
  });
});

describe('the context of a call', () => {
  it('tells where the call stands and since when the rule runs, and counts on after a restart', async () => {
    const told: unknown[] = [];
    const tell = scalar({
      name: 'tell',
      group: 'test',
      args: [t.any('v')],
      summary: 'Tells of its context.',
      examples: [],
      returns: 'int',
      onNull: 'call',
      volatile: true,
      context: true,
      eval: (c: FunctionContext) => {
        told.push([c.ruleId, c.opId, c.funcId, c.now() - c.startedMs]);
        return c.incrCounter('n', 1);
      },
    });
    const functions = [tell];
    const sql = 'SELECT tell(abs(a)) AS n, tell(1) AS m FROM demo WHERE tell(a) > 0';
    run = await ScriptedHost.create({ functions });
    await run.start(rule(sql));
    run.clock.advance(1000);
    run.feed('in').send({ a: 1 });
    const since = told[0] as unknown[];
    expect(told.map((one) => (one as unknown[]).slice(0, 3))).toEqual([
      ['r', '3_filter', 3],
      ['r', '4_project', 1],
      ['r', '4_project', 2],
    ]);
    expect(since[3]).toBeGreaterThanOrEqual(1000);
    await run.stop('r');
    await run.start(rule(sql));
    run.feed('in').send({ a: 1 });
    await run.settle();
    expect(run.drain('r').rows).toEqual([
      { n: 1, m: 1 },
      { n: 2, m: 2 },
    ]);
  });
});
