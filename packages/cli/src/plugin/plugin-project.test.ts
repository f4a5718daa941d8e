import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorText } from '@kuiper/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NativeKind, type PluginProject, readProject } from './plugin-project.ts';

let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'kuiper-cli-'));
  folder = join(parent, 'echo');
  mkdirSync(folder);
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

type Files = Readonly<Record<string, string>>;

function read(files: Files, type?: NativeKind): PluginProject {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return readProject(folder, type === undefined ? {} : { type });
}

function refusal(files: Files): string {
  try {
    read(files);
  } catch (error) {
    return errorText(error).replaceAll(folder, '<folder>');
  }
  return 'nothing';
}

const manifest = (more: object): string =>
  JSON.stringify({ language: 'python', executable: 'main.py', functions: ['echo'], ...more }, null, 2);

describe('a folder', () => {
  const found: readonly (readonly [string, Files, string])[] = [
    [
      'with a class that has exec',
      { 'echo.ts': 'export class Echo {\n  exec() {}\n}' },
      'native function echo: echo.ts',
    ],
    [
      'with a version in the name of the module',
      { 'Echo@v1.2.0.mjs': 'export const echo = {\n  async exec() {}\n};' },
      'native function echo: Echo@v1.2.0.mjs',
    ],
    [
      'with a class that has subscribe, and its yaml',
      { 'echo.mjs': 'export class Echo {\n  subscribe() {}\n}', 'echo.yaml': 'default: {}' },
      'native source echo: echo.mjs echo.yaml',
    ],
    [
      'with a declaration of a sink that calls exec',
      { 'echo.ts': 'export const Echo = defineSink({});\nregex.exec(x)' },
      'native sink echo: echo.ts',
    ],
    [
      'with a lookup source only',
      { 'echo.mjs': 'export class EchoLookup {\n  lookup() {}\n}', 'echo.yaml': '' },
      'native source echo: echo.mjs echo.yaml',
    ],
    [
      'with several functions of other names',
      { 'echo.ts': 'class A { }\nclass B {\n  exec() {}\n}\nexport { A, B as Other };' },
      'native function echo: echo.ts',
    ],
    [
      'with modules beside it and things that are not packed',
      {
        'echo.ts': "import { x } from './inner.ts';\nexport class Echo {\n  exec() {}\n}",
        'inner.ts': 'export const x = 1;',
        'echo.test.mjs': '',
        'kuiper-plugin.d.ts': '',
        'tsconfig.json': '{}',
        'README.md': '',
        '.git/config': '',
        'node_modules/x/index.js': '',
        'old.zip': '',
      },
      'native function echo: echo.ts inner.ts',
    ],
    [
      'with a module that uses packages',
      {
        'echo.mjs': 'export class Echo {\n  exec() {}\n}',
        'package.json': '{"dependencies":{"x":"1"}}',
        'node_modules/x/index.js': '',
        'node_modules/x/test/index.js': '',
        'node_modules/.bin/x': '',
      },
      'native function echo: echo.mjs node_modules/x/index.js node_modules/x/test/index.js package.json',
    ],
    [
      'with a CommonJS module',
      { 'echo.cjs': 'exports.Echo = class {\n  collect() {}\n};' },
      'native sink echo: echo.cjs',
    ],
    [
      'with a Python plugin',
      {
        'pysam.json': manifest({ sources: ['s'] }),
        'main.py': 'plugin.start(PluginConfig("pysam", {}))',
        'sources/s.yaml': 'default: {}',
        'test_main.py': '',
        '__pycache__/main.pyc': '',
        'install.sh': '',
      },
      'portable python pysam: install.sh* main.py* pysam.json sources/s.yaml',
    ],
    [
      'with a Go plugin, to be built',
      {
        'mirror.json': manifest({ language: 'go', executable: 'mirror' }),
        'main.go': 'package main\n// Name: "mirror"',
        'go.mod': '',
        'kuiper/go.mod': '',
        'kuiper/sdk.go': '',
        'model.bin': '',
      },
      'portable go mirror: mirror* mirror.json model.bin',
    ],
    [
      'with a program of any kind',
      { 'run.json': manifest({ language: 'exec', executable: 'bin/run' }), 'bin/run': '' },
      'portable exec run: bin/run* run.json',
    ],
  ];
  for (const [title, files, expected] of found) {
    test(`${title} is understood`, () => {
      const project = read(files);
      const what = project.kind === 'native' ? project.type : project.language;
      const list = project.files.map(({ path, isExecutable }) => (isExecutable ? `${path}*` : path)).join(' ');
      expect(`${project.kind} ${what} ${project.name}: ${list}`).toBe(expected);
    });
  }

  const refused: readonly (readonly [string, Files, string])[] = [
    [
      'that is empty',
      {},
      '<folder> holds no plugin: neither a <name>.json with "language" and "executable" nor a module such as <name>.ts.',
    ],
    [
      'with two modules of which none has its name',
      { 'a.ts': 'export class A {}', 'b.ts': '' },
      "Which module is the plugin's? There are a.ts, b.ts: give one the name of the folder.",
    ],
    [
      'whose module does not show what it is',
      { 'echo.ts': 'export class Echo {}' },
      'echo.ts: is it a source, a sink or a function? Say so with --type, or export a class with subscribe, pull, lookup, collect or exec.',
    ],
    [
      'whose module exports another name',
      { 'echo.ts': '/* export class Echo */\nexport class Eco {\n  collect() {}\n}' },
      'echo.ts:2:1: a sink "echo" is exported as Echo, found Eco',
    ],
    [
      'whose module exports nothing',
      { 'echo.ts': 'class Echo {\n  exec() {}\n}' },
      'echo.ts: a function "echo" is exported as Echo, found nothing',
    ],
    [
      'with a source without yaml',
      { 'echo.ts': 'export class Echo {\n  pull() {}\n}' },
      'echo.yaml is missing: a source has one, with "default: {}" at least.',
    ],
    [
      'with broken metadata',
      { 'echo.ts': 'export class Echo {\n  exec() {}\n}', 'echo.json': '{\n  "a": ,\n}' },
      "echo.json:2:8: Unexpected token ','",
    ],
    ['with a broken manifest', { 'p.json': '{"language":"go","executable":"x"' }, 'p.json:1:34: '],
    [
      'with two manifests',
      { 'a.json': manifest({}), 'b.json': manifest({}), 'main.py': '' },
      "Which one is the plugin's? a.json, b.json all describe one.",
    ],
    [
      'with an unknown language',
      { 'p.json': manifest({ language: 'cobol' }) },
      'p.json:2:3: "language" is one of go, python, node, exec, not "cobol"',
    ],
    [
      'whose manifest says another name',
      { 'p.json': manifest({ name: 'q' }), 'main.py': '' },
      'p.json:7:3: the name is that of the file, "p", not "q"',
    ],
    ['without its program', { 'p.json': manifest({}) }, 'p.json:3:3: there is no file main.py in <folder>'],
    [
      'with a program elsewhere',
      { 'p.json': manifest({ executable: '../x' }) },
      'p.json:3:3: the program lies in the folder, not at ../x',
    ],
    [
      'with a name twice',
      { 'p.json': manifest({ sinks: ['a', 'a'] }), 'main.py': '' },
      'p.json:7:3: "sinks" names a twice',
    ],
    [
      'with a name that is no name',
      { 'p.json': manifest({ functions: ['a/b'] }), 'main.py': '' },
      'p.json:4:3: "functions" is a list of names',
    ],
    [
      'that offers nothing',
      { 'p.json': manifest({ functions: [] }), 'main.py': '' },
      'p.json: it offers nothing: at least one name in "sources", "sinks" or "functions"',
    ],
    [
      'whose program has another name than its manifest',
      { 'p.json': manifest({}), 'main.py': '\nplugin.start(PluginConfig("q", {}))' },
      'main.py:2:14: the plugin calls itself "q" here, its manifest p.json says "p"',
    ],
    [
      'with broken metadata of a symbol',
      { 'p.json': manifest({}), 'main.py': '', 'functions/echo.json': '[' },
      'functions/echo.json:1:2: ',
    ],
  ];
  for (const [title, files, expected] of refused) {
    test(`${title} is refused with the place`, () => {
      const text = refusal(files);
      if (expected.endsWith(': ')) expect(text).toContain(expected);
      else expect(text).toBe(expected);
    });
  }

  test('takes the word of who packs it', () => {
    expect(read({ 'echo.ts': 'export const Echo = make();' }, 'sink')).toMatchObject({ type: 'sink' });
  });
});
