/** What a sink is told with `sendError` when its items cannot be made. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ruleSpec } from '../support/rule-specs.ts';
import { ScriptedHost } from './scripted.ts';

let run: ScriptedHost;

beforeEach(async () => {
  run = await ScriptedHost.create();
});
afterEach(() => run.close());

const cases: readonly (readonly [props: Readonly<Record<string, unknown>>, row: unknown, text: string])[] = [
  [
    { sendSingle: true, dataTemplate: 'k={{.o.k}}' },
    { o: 5 },
    'fail to calculate props k={{.o.k}} through data map[o:5] with dataTemplate for error template: sink:1:6: ' +
      `executing "sink" at <.o.k>: can't evaluate field k in type interface {}`,
  ],
  [
    { dataTemplate: 'a={{.a}}' },
    { a: 1 },
    'fail to calculate props a={{.a}} through data [map[a:1]] with dataTemplate for error template: sink:1:4: ' +
      `executing "sink" at <.a>: can't evaluate field a in type []map[string]interface {}`,
  ],
  [
    { sendSingle: true, dataTemplate: '{{.a}}', fields: ['a'] },
    { a: 1 },
    'fail to TransItem data map[a:1] for error fail to decode data 1 for error unsupported type 1',
  ],
  [
    { sendSingle: true, dataTemplate: 'nope', fields: ['a'] },
    { a: 1 },
    'fail to TransItem data map[a:1] for error fail to decode data nope for error ' +
      "invalid character 'o' in literal null (expecting 'u')",
  ],
  [
    { sendSingle: true, dataTemplate: '{"x":{{.a}}', excludeFields: ['y'] },
    { a: 1 },
    'fail to TransItem data map[a:1] for error fail to decode data {"x":1 for error unexpected end of JSON input',
  ],
  [
    { sendSingle: true, dataTemplate: '{{mustFromJson "bad"}}' },
    { a: 1 },
    'fail to calculate props {{mustFromJson "bad"}} through data map[a:1] with dataTemplate for error template: ' +
      'sink:1:2: executing "sink" at <mustFromJson "bad">: error calling mustFromJson: ' +
      "invalid character 'b' looking for beginning of value",
  ],
  [{ sendSingle: true, dataField: 'o' }, { a: 1 }, 'receive unsupported data <nil>'],
  [{ sendSingle: true, dataField: 'o' }, { o: 5 }, 'invalid transform result type 5'],
];

describe('a sink that cannot make its item', () => {
  for (const [props, row, text] of cases) {
    it(`${JSON.stringify(props)} of ${JSON.stringify(row)}: ${text}`, async () => {
      await run.start(
        ruleSpec({
          id: 'r',
          sql: 'SELECT * FROM demo',
          streams: [['CREATE STREAM demo () WITH (TYPE="scripted", DATASOURCE="in", FORMAT="json")', {}]],
          actions: [['scripted', { name: 'r', ...props }]],
          options: { sendError: true },
        }),
      );
      void run.feed('in').send(row);
      await run.settle();
      expect(run.drain('r').written).toEqual([text]);
    });
  }
});
