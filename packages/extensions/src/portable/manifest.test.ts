import { describe, expect, it } from 'vitest';
import { checkOwnership, describeManifest, readManifest } from './manifest.ts';

const plain = { version: 'v1.0.0', language: 'python', executable: 'pysam.py', sources: ['pyjson'] };

describe('a manifest is refused with the first of its mistakes', () => {
  const cases: readonly (readonly [what: string, json: unknown, text: string])[] = [
    ['another name', { ...plain, name: 'other' }, "invalid plugin, expect name 'pysam' but got 'other'"],
    ['no language', { executable: 'a' }, 'invalid plugin, missing language'],
    ['no executable', { language: 'go' }, 'invalid plugin, missing executable'],
    [
      'no symbols',
      { language: 'go', executable: 'a', sources: [] },
      'invalid plugin, must define at lease one source, sink or function',
    ],
    ['an unknown language', { ...plain, language: 'cobol' }, "invalid plugin, language 'cobol' is not supported"],
    [
      'no symbols before an unknown language',
      { language: 'cobol', executable: 'a' },
      'invalid plugin, must define at lease one source, sink or function',
    ],
    ['a list', [], 'invalid plugin, pysam.json is not a JSON object'],
    ['a number as version', { ...plain, version: 1 }, 'invalid plugin, version must be a string'],
    ['a text as list', { ...plain, sinks: 'print' }, 'invalid plugin, sinks must be a list of names'],
    ['a name that leaves its folder', { ...plain, sinks: ['../x'] }, 'invalid plugin, sinks must be a list of names'],
    ['a name twice', { ...plain, sinks: ['a', 'a'] }, "invalid plugin, sinks names 'a' twice"],
    [
      'an executable elsewhere',
      { ...plain, executable: '../../bin/sh' },
      "invalid plugin, executable '../../bin/sh' must lie in the plugin's directory",
    ],
    [
      'an absolute executable',
      { ...plain, executable: '/bin/sh' },
      "invalid plugin, executable '/bin/sh' must lie in the plugin's directory",
    ],
    ['no instances', { ...plain, instances: 0 }, 'invalid plugin, instances must be a number from 1 to 64'],
    [
      'a limit without a unit we know',
      { ...plain, maxMemory: '3 elephants' },
      "invalid plugin, maxMemory '3 elephants' is not a size such as 256MB",
    ],
  ];
  it.each(cases)('%s', (_, json, text) => {
    expect(() => readManifest('pysam', json)).toThrow(text);
  });
});

it('takes property names in any case and ignores those it does not know', () => {
  expect(
    readManifest('m', { LANGUAGE: 'go', Executable: 'bin/m', Functions: ['echo'], colour: 'red', name: '' }),
  ).toEqual({
    name: 'm',
    version: '',
    language: 'go',
    executable: 'bin/m',
    virtualEnvType: '',
    env: '',
    sources: null,
    sinks: null,
    functions: ['echo'],
    lookups: null,
    instances: 1,
    maxMemoryBytes: null,
  });
});

it.each([
  ['256MB', 256 * 2 ** 20],
  ['1 GiB', 2 ** 30],
  ['64k', 2 ** 16],
  [1000, 1000],
])('reads a memory limit of %s', (maxMemory, bytes) => {
  expect(readManifest('pysam', { ...plain, maxMemory }).maxMemoryBytes).toBe(bytes);
});

it('is shown with its keys in order, lists that were not given as null', () => {
  const manifest = readManifest('pysam', { ...plain, sinks: ['print'], virtualEnvType: 'conda', env: 'e' });
  expect(JSON.stringify(describeManifest(manifest, '/k/plugins/portable/pysam/pysam.py'))).toBe(
    '{"name":"pysam","version":"v1.0.0","language":"python","executable":"/k/plugins/portable/pysam/pysam.py",' +
      '"virtualEnvType":"conda","env":"e","sources":["pyjson"],"sinks":["print"],"functions":null}',
  );
});

it('must not offer what another plugin offers', () => {
  const manifest = readManifest('pysam', { ...plain, functions: ['echo'] });
  const owner = (kind: string, symbol: string): string | undefined =>
    kind === 'function' && symbol === 'echo' ? 'mirror' : undefined;
  expect(() => checkOwnership(manifest, owner)).toThrow(
    "invalid plugin, function 'echo' is already defined by plugin 'mirror'",
  );
  expect(() => checkOwnership(manifest, () => 'pysam')).not.toThrow();
});
