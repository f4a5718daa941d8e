/** What programs outside keep for rules to read. Source: behaviour spec, runtime §9.2. */
import { putExternalState } from '@kuiper/host';
import { afterEach, expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';
import { ScriptedHost } from './scripted.ts';

let run: ScriptedHost;
afterEach(() => run.close());

it('is read by key, as it is at each event', async () => {
  run = await ScriptedHost.create();
  const sql = 'SELECT get_keyed_state(k, "bigint", 0) AS n, get_keyed_state(k, "string", "none") AS s FROM demo';
  await run.start(
    ruleSpec({
      id: 'r',
      sql,
      streams: [['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}]],
      actions: [['scripted', { name: 'r', sendSingle: true }]],
    }),
  );
  const ask = async (): Promise<void> => {
    run.feed('in').send({ k: 'device-1' });
    await run.settle();
  };
  await ask();
  await putExternalState(run.disk.kv, 'device-1', '42');
  await ask();
  await putExternalState(run.disk.kv, 'device-1', null);
  await ask();
  expect(run.drain('r').rows).toEqual([
    { n: 0, s: 'none' },
    { n: 42, s: '42' },
    { n: 0, s: 'none' },
  ]);
});
