import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, RecordingServer } from '../../testing/recording-server.ts';
import { typeCommand } from '../../testing/type-command.ts';

interface Case {
  readonly type: readonly string[];
  /** Method and path of the requests, with their bodies, and what the server answers to each. */
  readonly asks: readonly (readonly [request: string, answer: Answer])[];
  readonly prints: string;
}

interface Refusal {
  readonly type: readonly string[];
  readonly asks?: Case['asks'];
  readonly remarks: string;
  readonly exitCode: number;
}

const rule = '{"sql":"SELECT 1 FROM s","actions":[{"log":{}}]}';
const described = `Fields
${'-'.repeat(80)}
id	bigint	DEFAULT	7
pos	struct(x float)

DATASOURCE: a/b
EXTRA: {&#34;t&#34;:&#34;&lt;
&amp;&#39;&#34;}
`;
const createdRule =
  "Rule r1 was created successfully, please use 'bin/kuiper getstatus rule r1' command to get rule status.\n";

const cases: readonly Case[] = [
  // Streams and tables: words become a statement.
  {
    type: ['create', 'stream', 'demo', '(id BIGINT) WITH (DATASOURCE="x")'],
    asks: [
      ['POST /streams {"sql":"create stream demo (id BIGINT) WITH (DATASOURCE=\\"x\\")"}', 'Stream demo is created.'],
    ],
    prints: 'Stream demo is created.\n',
  },
  {
    type: ['create', 'table', '-f', 'table.sql'],
    asks: [['POST /streams {"sql":"CREATE TABLE t1 () WITH ()"}', 'Table t1 is created.']],
    prints: 'Table t1 is created.\n',
  },
  {
    type: ['create', 'stream', '--file', 'stream.sql'],
    asks: [['POST /streams {"sql":"create stream s1 () WITH ()"}', 'Stream s1 is created.']],
    prints: 'Stream s1 is created.\n',
  },
  {
    type: ['update', 'stream', 's 1', '() WITH ()'],
    asks: [['PUT /streams/s%201 {"sql":"create stream s 1 () WITH ()"}', 'Stream s 1 is replaced.']],
    prints: 'Stream s 1 is replaced.\n',
  },
  {
    type: ['describe', 'stream', 'demo'],
    asks: [['POST /streams {"sql":"describe stream demo"}', described]],
    prints: `Fields
${'-'.repeat(80)}
id	bigint	DEFAULT	7
pos	struct(x float)

DATASOURCE: a/b
EXTRA: {"t":"<
&'"}
`,
  },
  {
    type: ['describe', 'table', 'demo', '-json'],
    asks: [['POST /streams {"sql":"describe table demo"}', described]],
    prints: `{
	"Fields": [
		{
			"Name": "id",
			"Type": "bigint",
			"DefaultClause": "7"
		},
		{
			"Name": "pos",
			"Type": "struct(x float)"
		}
	],
	"Options": {
		"DATASOURCE:": "a/b",
		"EXTRA:": "{\\"t\\":\\"<\\n&'\\"}"
	}
}
`,
  },
  {
    type: ['show', 'streams'],
    asks: [['POST /streams {"sql":"show streams"}', 'a\nb\n']],
    prints: 'a\nb\n',
  },
  {
    type: ['show', 'tables'],
    asks: [['POST /streams {"sql":"show tables"}', 'No table definitions are found.']],
    prints: 'No table definitions are found.\n',
  },
  {
    type: ['drop', 'table', 't1'],
    asks: [['POST /streams {"sql":"drop table t1"}', 'Table t1 is dropped.']],
    prints: 'Table t1 is dropped.\n',
  },
  {
    type: ['explain', 'stream', 's1'],
    asks: [['POST /streams {"sql":"explain stream s1"}', 'TO BE SUPPORTED']],
    prints: 'TO BE SUPPORTED\n',
  },

  // Rules.
  {
    type: ['create', 'rule', 'r1', rule],
    asks: [[`POST /rules {"id":"r1",${rule.slice(1)}`, [201, 'Rule r1 was created successfully.']]],
    prints: createdRule,
  },
  {
    type: ['create', 'rule', 'r1', '{ "Id" : "r1", "n": 12345678901234567890 }'],
    asks: [['POST /rules { "Id" : "r1", "n": 12345678901234567890 }', [201, 'Rule r1 was created successfully.']]],
    prints: createdRule,
  },
  {
    type: ['create', 'rule', 'r1', '-f', 'rule.json'],
    asks: [['POST /rules {"id":"r1"}', [201, 'Rule r1 was created successfully.']]],
    prints: createdRule,
  },
  {
    type: ['update', 'rule', 'r1', rule],
    asks: [[`PUT /rules/r1 {"id":"r1",${rule.slice(1)}`, 'Rule r1 was updated successfully.']],
    prints: 'Rule r1 was updated successfully.\n',
  },
  {
    type: ['validate', 'rule', 'r1', rule],
    asks: [[`POST /rules/validate {"id":"r1",${rule.slice(1)}`, '{"sources":["s"],"valid":true}']],
    prints: 'The rule has been successfully validated and is confirmed to be correct.\n',
  },
  {
    type: ['describe', 'rule', 'r1'],
    asks: [['GET /rules/r1', '{"id":"r1","n":1.0,"actions":[{"log":{}}]}']],
    prints: '{\n  "id": "r1",\n  "n": 1.0,\n  "actions": [\n    {\n      "log": {}\n    }\n  ]\n}\n',
  },
  {
    type: ['drop', 'rule', 'r1'],
    asks: [['DELETE /rules/r1', 'Rule r1 is dropped.']],
    prints: 'Rule r1 is dropped.\n',
  },
  {
    type: ['show', 'rules'],
    asks: [['GET /rules', '[{"id":"r1","status":"running"}]']],
    prints: '[\n  {\n    "id": "r1",\n    "status": "running"\n  }\n]\n',
  },
  { type: ['show', 'rules'], asks: [['GET /rules', '[]']], prints: 'No rule definitions are found.\n' },
  {
    type: ['show', 'rules', '--table'],
    asks: [['GET /rules', '[{"id":"r1","name":"n","status":"running","tags":["a","b"],"version":"1"}]']],
    prints: `┌──────┬──────┬─────────┬──────┬─────────┐
│ Rule │ Name │ Status  │ Tags │ Version │
├──────┼──────┼─────────┼──────┼─────────┤
│ r1   │ n    │ running │ a, b │ 1       │
└──────┴──────┴─────────┴──────┴─────────┘
`,
  },
  {
    type: ['getstatus', 'rule', 'r1'],
    asks: [['GET /rules/r1/status', '{\n  "status": "running"\n}']],
    prints: '{\n  "status": "running"\n}\n',
  },
  {
    type: ['getstatus', 'rule', 'r1', '--table'],
    asks: [
      [
        'GET /rules/r1/status',
        '{"status":"stopped","message":"canceled manually","source_demo_0_records_in_total":12,"source_demo_0_records_out_total":11,"op_2_decoder_0_exceptions_total":1,"op_2_decoder_0_last_exception":"bad"}',
      ],
    ],
    prints: `stopped: canceled manually
┌──────────────┬────┬─────┬────────┬─────────┬────────────┬────────────┐
│ Node         │ In │ Out │ Errors │ Waiting │ Latency µs │ Last error │
├──────────────┼────┼─────┼────────┼─────────┼────────────┼────────────┤
│ source_demo  │ 12 │  11 │        │         │            │            │
│ op_2_decoder │    │     │      1 │         │            │ bad        │
└──────────────┴────┴─────┴────────┴─────────┴────────────┴────────────┘
`,
  },
  {
    type: ['getstatus', 'rules'],
    asks: [['GET /rules/status/all', '{"r1":{"status":"running"}}']],
    prints: '{\n  "r1": {\n    "status": "running"\n  }\n}\n',
  },
  {
    type: ['gettopo', 'rule', 'r1'],
    asks: [['GET /rules/r1/topo', '{"sources":["s"],"edges":{}}']],
    prints: '{\n  "sources": [\n    "s"\n  ],\n  "edges": {}\n}\n',
  },
  {
    type: ['explain', 'rule', 'r1'],
    asks: [['GET /rules/r1/explain', '{"op":"P"}\n\t{"op":"D"}']],
    prints: '{"op":"P"}\n\t{"op":"D"}\n',
  },
  { type: ['explain', 'rule', 'r1', '--code'], asks: [['GET /rules/r1/code', 'return 1;']], prints: 'return 1;\n' },
  {
    type: ['start', 'rule', 'r1'],
    asks: [['POST /rules/r1/start', 'Rule r1 was started']],
    prints: 'Rule r1 was started\n',
  },
  {
    type: ['stop', 'rule', 'r1'],
    asks: [['POST /rules/r1/stop', 'Rule r1 was stopped.']],
    prints: 'Rule r1 was stopped.\n',
  },
  {
    type: ['restart', 'rule', 'r1'],
    asks: [['POST /rules/r1/restart', 'Rule r1 was restarted']],
    prints: 'Rule r1 was restarted.\n',
  },

  // Plugins.
  ...(['source', 'sink', 'function', 'portable'] as const).map(
    (type): Case => ({
      type: ['create', 'plugin', type, 'p', '{"file":"http://x/p.zip"}'],
      asks: [[`POST /plugins/${type}s {"name":"p","file":"http://x/p.zip"}`, [201, 'created']]],
      prints: 'Plugin p is created.\n',
    }),
  ),
  {
    type: ['update', 'plugin', 'portable', 'p', '{"name":"p","file":"http://x/p.zip"}'],
    asks: [['PUT /plugins/portables/p {"name":"p","file":"http://x/p.zip"}', 'portable plugin p is updated']],
    prints: 'portable plugin p is updated\n',
  },
  {
    type: ['describe', 'plugin', 'sink', 'p'],
    asks: [['GET /plugins/sinks/p', '{"name":"p","version":"1.0.0"}']],
    prints: '{\n  "name": "p",\n  "version": "1.0.0"\n}\n',
  },
  {
    type: ['drop', 'plugin', 'source', 'p', '-s', 'false'],
    asks: [
      [
        'DELETE /plugins/sources/p',
        'sources plugin p is deleted and eKuiper must restart for the change to take effect.',
      ],
    ],
    prints: 'Plugin p is dropped and Kuiper must restart for the change to take effect.\n',
  },
  {
    type: ['drop', 'plugin', 'source', 'p', '-s', 'true'],
    asks: [['DELETE /plugins/sources/p?stop=1', 'sources plugin p is deleted and eKuiper will be stopped']],
    prints: 'Plugin p is dropped and Kuiper will be stopped\n',
  },
  {
    type: ['drop', 'plugin', 'portable', 'p'],
    asks: [['DELETE /plugins/portables/p', 'portable plugin p is deleted']],
    prints: 'Plugin p is dropped.\n',
  },
  { type: ['show', 'plugins', 'source'], asks: [['GET /plugins/sources', '["a","b"]']], prints: 'a\nb\n' },
  { type: ['show', 'plugins', 'sink'], asks: [['GET /plugins/sinks', '[]']], prints: 'No plugin is found.\n' },
  {
    type: ['show', 'plugins', 'portable'],
    asks: [['GET /plugins/portables', '[{"name":"p"}]']],
    prints: '[\n  {\n    "name": "p"\n  }\n]\n',
  },
  {
    type: ['register', 'plugin', 'function', 'p', '{"functions":["f1"]}'],
    asks: [
      ['POST /plugins/functions/p/register {"functions":["f1"]}', 'function plugin p function list is registered'],
    ],
    prints: 'function plugin p function list is registered\n',
  },
  {
    type: ['getstatus', 'plugin', 'portable', 'p'],
    asks: [['GET /plugins/portables/p/status', '{"status":"running"}']],
    prints: '{\n  "status": "running"\n}\n',
  },
  { type: ['show', 'udfs'], asks: [['GET /plugins/udfs', '["f1"]']], prints: 'f1\n' },
  { type: ['show', 'udfs'], asks: [['GET /plugins/udfs', '[]']], prints: 'No udf is found.\n' },
  {
    type: ['describe', 'udf', 'f1'],
    asks: [['GET /plugins/udfs/f1', '{"name":"f1","plugin":"p"}']],
    prints: '{\n  "name": "f1",\n  "plugin": "p"\n}\n',
  },

  // Services, schemas, scripts, connections.
  {
    type: ['create', 'service', 's', '{"name":"s","file":"http://x/s.zip"}'],
    asks: [['POST /services {"name":"s","file":"http://x/s.zip"}', [201, 'service s is created']]],
    prints: 'Service s is created.\n',
  },
  {
    type: ['drop', 'service', 's'],
    asks: [['DELETE /services/s', 'service s is deleted']],
    prints: 'Service s is dropped\n',
  },
  { type: ['show', 'services'], asks: [['GET /services', '["s"]']], prints: '[\n  "s"\n]\n' },
  { type: ['show', 'services'], asks: [['GET /services', '[]']], prints: 'No service definitions are found.\n' },
  { type: ['describe', 'service', 's'], asks: [['GET /services/s', '{"About":{}}']], prints: '{\n  "About": {}\n}\n' },
  { type: ['show', 'service_funcs'], asks: [['GET /services/functions', '["f"]']], prints: '[\n  "f"\n]\n' },
  {
    type: ['describe', 'service_func', 'f'],
    asks: [['GET /services/functions/f', '{"FuncName":"f"}']],
    prints: '{\n  "FuncName": "f"\n}\n',
  },
  {
    type: ['create', 'schema', 'protobuf', 's1', '{"content":"x"}'],
    asks: [['POST /schemas/protobuf {"name":"s1","content":"x"}', [201, 'protobuf schema s1 is created']]],
    prints: 'Schema s1 is created.\n',
  },
  {
    type: ['update', 'schema', 'protobuf', 's1', '{"content":"x"}'],
    asks: [['PUT /schemas/protobuf/s1 {"name":"s1","content":"x"}', 'protobuf schema s1 is updated']],
    prints: 'Schema s1 is updated.\n',
  },
  {
    type: ['describe', 'schema', 'protobuf', 's1'],
    asks: [['GET /schemas/protobuf/s1', '{"name":"s1"}']],
    prints: '{\n  "name": "s1"\n}\n',
  },
  {
    type: ['drop', 'schema', 'protobuf', 's1'],
    asks: [['DELETE /schemas/protobuf/s1', 'protobuf schema s1 is deleted']],
    prints: 'Schema s1 is dropped\n',
  },
  {
    type: ['show', 'schemas', 'protobuf'],
    asks: [['GET /schemas/protobuf', '[]']],
    prints: 'No schema definitions are found.\n',
  },
  {
    type: ['create', 'script', '{"id":"area","script":"function area() {}"}'],
    asks: [['POST /udf/javascript {"id":"area","script":"function area() {}"}', [201, 'created']]],
    prints: 'JavaScript function area is created.\n',
  },
  {
    type: ['drop', 'script', 'area'],
    asks: [['DELETE /udf/javascript/area', 'javascript function area is deleted']],
    prints: 'JavaScript function area is dropped\n',
  },
  { type: ['show', 'scripts'], asks: [['GET /udf/javascript', '[]']], prints: 'No JavaScript functions are found.\n' },
  {
    type: ['create', 'connection', 'c1', '{"typ":"mqtt"}'],
    asks: [['POST /connections {"id":"c1","typ":"mqtt"}', [201, 'success']]],
    prints: 'Connection c1 is created.\n',
  },
  {
    type: ['update', 'connection', 'c1', '{"typ":"mqtt"}'],
    asks: [['PUT /connections/c1 {"id":"c1","typ":"mqtt"}', 'success']],
    prints: 'Connection c1 is updated.\n',
  },
  {
    type: ['drop', 'connection', 'c1'],
    asks: [['DELETE /connections/c1', 'success']],
    prints: 'Connection c1 is dropped.\n',
  },
  {
    type: ['show', 'connections', '--table'],
    asks: [['GET /connections', '[{"id":"c1","typ":"mqtt","status":"connected"}]']],
    prints: `┌────────────┬──────┬───────────┬──────┬───────┐
│ Connection │ Type │ Status    │ Used │ Error │
├────────────┼──────┼───────────┼──────┼───────┤
│ c1         │ mqtt │ connected │    0 │       │
└────────────┴──────┴───────────┴──────┴───────┘
`,
  },

  // Imports and exports.
  {
    type: ['import', 'ruleset', '-f', 'ruleset.json'],
    asks: [['POST /ruleset/import {"content":"{\\"streams\\":{}}"}', 'imported 1 streams, 0 tables and 0 rules']],
    prints: 'imported 1 streams, 0 tables and 0 rules\n',
  },
  {
    type: ['import', 'data', '-f', 'ruleset.json', '-p', 'true', '-s', 'false'],
    asks: [['POST /data/import?partial=1 {"content":"{\\"streams\\":{}}"}', '{"ErrorMsg":"","ConfigResponse":{}}']],
    prints: '{\n  "ErrorMsg": "",\n  "ConfigResponse": {}\n}\n',
  },
  {
    type: ['import', 'data', '-f', 'ruleset.json', '-s', 'true', '-p', 'false'],
    asks: [['POST /data/import?stop=1 {"content":"{\\"streams\\":{}}"}', '{"ErrorMsg":""}']],
    prints: '{\n  "ErrorMsg": ""\n}\n',
  },
  {
    type: ['import', 'data', '-f', 'ruleset.json'],
    asks: [['POST /data/import {"content":"{\\"streams\\":{}}"}', '{"ErrorMsg":""}']],
    prints: '{\n  "ErrorMsg": ""\n}\n',
  },
  {
    type: ['getstatus', 'import'],
    asks: [['GET /data/import/status', '{"streams":{}}']],
    prints: '{\n  "streams": {}\n}\n',
  },
  {
    type: ['export', 'ruleset', 'exported.json'],
    asks: [['POST /ruleset/export', '{"streams":{"a":"x","b":"y"},"tables":{},"rules":{"r":"{}"}}']],
    prints: 'exported 2 streams, 0 tables and 1 rules\n',
  },
  {
    type: ['export', 'data', 'exported.json'],
    asks: [['GET /data/export', '{"streams":{}}']],
    prints: 'export configuration success\n',
  },
  {
    type: ['export', 'data', 'exported.json', '-r', '["r1"]'],
    asks: [['POST /data/export ["r1"]', '{"streams":{}}']],
    prints: 'export configuration success\n',
  },
];

const refusals: readonly Refusal[] = [
  // What the server says is told as it is.
  {
    type: ['describe', 'rule', 'x'],
    asks: [['GET /rules/x', [404, '{"error":1002,"message":"Describe rule error: Rule x is not found."}\n']]],
    remarks: 'Describe rule error: Rule x is not found.\n',
    exitCode: 1,
  },
  {
    type: ['validate', 'rule', 'x', '{"sql":""}'],
    asks: [['POST /rules/validate {"id":"x","sql":""}', [422, 'invalid rule json: Missing rule actions.']]],
    remarks: 'invalid rule json: Missing rule actions.\n',
    exitCode: 1,
  },
  {
    type: ['create', 'rule', 'x', 'no json'],
    asks: [['POST /rules no json', [400, '{"error":1000,"message":"invalid rule json: Parse rule no json"}']]],
    remarks: 'invalid rule json: Parse rule no json\n',
    exitCode: 1,
  },
  {
    type: ['show', 'services'],
    asks: [['GET /services', [401, 'missing_token\n']]],
    remarks: 'missing_token\nPlease give a token with --token or KUIPER_TOKEN.\n',
    exitCode: 1,
  },
  {
    type: ['show', 'services'],
    asks: [['GET /services', [500, '']]],
    remarks: 'The server answered with status 500.\n',
    exitCode: 1,
  },
  {
    type: ['import', 'data', '-f', 'ruleset.json'],
    asks: [
      [
        'POST /data/import {"content":"{\\"streams\\":{}}"}',
        [400, '{"error":1000,"message":"{\\"streams\\":{\\"s\\":\\"bad\\"}}"}\n'],
      ],
    ],
    remarks: '{\n  "streams": {\n    "s": "bad"\n  }\n}\n',
    exitCode: 1,
  },
  {
    type: ['create', 'service', 'a', '{"name":"b"}'],
    remarks: 'Name mismatch: the command says a, the definition of the service b.\n',
    exitCode: 1,
  },
  {
    type: ['create', 'rule', 'r1', '-f', 'none.json'],
    remarks: 'The file none.json cannot be read: no such file or directory.\n',
    exitCode: 1,
  },
  {
    type: ['export', 'data', 'none/exported.json'],
    asks: [['GET /data/export', '{}']],
    remarks: 'The file none/exported.json cannot be written: no such file or directory.\n',
    exitCode: 1,
  },

  // Wrong usage asks nothing of the server.
  { type: ['create', 'stream'], remarks: 'Expect stream name.\n', exitCode: 2 },
  { type: ['describe', 'rule'], remarks: 'Expect rule name.\n', exitCode: 2 },
  { type: ['start', 'rule'], remarks: 'Expect rule name.\n', exitCode: 2 },
  { type: ['tap'], remarks: 'Expect rule name.\n', exitCode: 2 },
  { type: ['tap', 'r', '-n', '0'], remarks: 'Expect n flag to be a positive number of rows.\n', exitCode: 2 },
  { type: ['create', 'rule', 'r1'], remarks: 'Expect rule name and json.\nBut found 1 args:[r1].\n', exitCode: 2 },
  {
    type: ['create', 'rule', 'r1', '{}', 'more'],
    remarks: 'Expect rule name and json.\nBut found 3 args:[r1 {} more].\n',
    exitCode: 2,
  },
  { type: ['describe', 'plugin', 'sink'], remarks: 'Expect plugin type and name.\n', exitCode: 2 },
  {
    type: ['create', 'plugin', 'sink', 'p'],
    remarks: 'Expect plugin type, name and json.\nBut found 2 args:[sink p].\n',
    exitCode: 2,
  },
  {
    type: ['drop', 'plugin', 'thing', 'p'],
    remarks: 'Invalid plugin type thing, should be "source", "sink", "function" or "portable" or "wasm".\n',
    exitCode: 2,
  },
  {
    type: ['drop', 'plugin', 'sink', 'p', '-s', 'maybe'],
    remarks: 'Expect s flag to be a boolean value.\n',
    exitCode: 2,
  },
  { type: ['create', 'service', 's'], remarks: 'Expect service name and json.\nBut found 1 args:[s].\n', exitCode: 2 },
  { type: ['drop', 'schema', 'protobuf'], remarks: 'Expect schema type and name.\n', exitCode: 2 },
  { type: ['import', 'ruleset'], remarks: 'Required ruleset json file to import\n', exitCode: 2 },
  { type: ['export', 'ruleset'], remarks: 'Require exported file name.\n', exitCode: 2 },
  {
    type: ['export', 'data', 'x', '-r', 'r1'],
    remarks: 'Expect r flag to be a JSON list of rule ids.\n',
    exitCode: 2,
  },
];

let server: RecordingServer;
let cwd: string;

beforeAll(async () => {
  server = await RecordingServer.start();
  cwd = mkdtempSync(join(tmpdir(), 'kuiper-cli-'));
  const files = {
    'table.sql': 't1 () WITH ()\n',
    'stream.sql': 'create stream s1 () WITH ()',
    'rule.json': '{}',
    'ruleset.json': '{"streams":{}}',
    'p.zip': 'zip content',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
});

afterAll(async () => {
  await server.stop();
  rmSync(cwd, { recursive: true });
});

/** `POST /rules {…}` is answered by method and path alone. */
function answers(asks: Case['asks']): Record<string, Answer> {
  return Object.fromEntries(asks.map(([request, answer]) => [request.split(' ').slice(0, 2).join(' '), answer]));
}

describe('a command', () => {
  for (const { type, asks, prints } of cases) {
    it(`asks and prints: kuiper ${type.join(' ')}`, async () => {
      server.expect(answers(asks));
      const typed = await typeCommand(['--server', server.url, ...type], { cwd });
      expect(typed.output, typed.remarks).toBe(prints);
      expect(typed.exitCode).toBe(0);
      expect(server.lines).toEqual(asks.map(([request]) => request));
    });
  }

  for (const { type, asks = [], remarks, exitCode } of refusals) {
    it(`fails and says why: kuiper ${type.join(' ')}`, async () => {
      server.expect(answers(asks));
      const typed = await typeCommand(['--server', server.url, ...type], { cwd });
      expect(typed).toEqual({ output: '', remarks, exitCode });
      expect(server.lines).toEqual(asks.map(([request]) => request));
    });
  }

  it('writes what the server exports, byte for byte', async () => {
    const text = '{"streams":{"ä":"\\u003c"}, "rules":{}}';
    server.expect({ 'GET /data/export': text });
    await typeCommand(['export', 'data', 'exported.json', '--server', server.url], { cwd });
    expect(readFileSync(join(cwd, 'exported.json'), 'utf8')).toBe(text);
  });

  it('uploads the package of a plugin and installs the copy of the server', async () => {
    server.expect({
      'POST /config/uploads': [201, '/var/data/uploads/p.zip'],
      'POST /plugins/portables': [201, 'portable plugin p is created'],
    });
    const typed = await typeCommand(['create', 'plugin', 'portable', 'p', '-zf', 'p.zip', '--server', server.url], {
      cwd,
    });
    expect(typed).toEqual({ output: 'Plugin p is created.\n', remarks: '', exitCode: 0 });
    const [upload, install] = server.requests;
    expect(upload?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(upload?.body).toContain('name="uploadFile"; filename="p.zip"');
    expect(upload?.body).toContain('zip content');
    expect(install?.body).toBe('{"file":"file:///var/data/uploads/p.zip","name":"p"}');
  });

  it('says from which file it creates', async () => {
    server.expect({ 'POST /streams': 'Stream s1 is created.' });
    const { remarks } = await typeCommand(['create', 'stream', '-f', 'stream.sql', '--server', server.url], { cwd });
    expect(remarks).toBe('Creating a new stream from file stream.sql.\n');
  });
});
