/** Services on the disk: archives, the start, updates, removal. Source: behaviour spec, extension §6.1, §6.2; rest-cli-config §4.13. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Logger, silentLogger } from '@kuiper/base';
import { type Archive, ServiceInstaller } from '@kuiper/extensions/install';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let root = '';
let errors: string[] = [];
const logger: Logger = { ...silentLogger, error: (message) => errors.push(message), with: () => logger };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'services-'));
  errors = [];
});
afterEach(() => rmSync(root, { recursive: true }));

function open(ownerOf?: (name: string) => string | undefined): Promise<ServiceInstaller> {
  const directories = { etc: join(root, 'etc/services'), data: join(root, 'data/services') };
  return ServiceInstaller.open({ directories, logger, ...(ownerOf === undefined ? {} : { ownerOf }) });
}

function archive(files: Readonly<Record<string, string>>): Archive {
  return new Map(
    Object.entries(files).map(([path, text]) => [path, { path, content: Buffer.from(text), mode: 0o644 }]),
  );
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const proto = (...methods: string[]) =>
  `syntax = "proto3"; import "google/protobuf/empty.proto"; service S { ${methods
    .map((method) => `rpc ${method}(google.protobuf.Empty) returns (google.protobuf.Empty);`)
    .join(' ')} }`;

const definition = (file: string, extra: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    about: { author: { name: 'me' }, description: { en_US: 'a sample' } },
    interfaces: {
      trueno: {
        address: 'tcp://localhost:50051',
        protocol: 'grpc',
        schemaType: 'protobuf',
        schemaFile: file,
        functions: [{ name: 'label', serviceName: 'Label' }],
        ...extra,
      },
    },
  });

const sample = { 'sample.json': definition('sample.proto'), 'schemas/sample.proto': proto('Label', 'other') };

describe('installing', () => {
  test('files go to data/services, functions and description are known, a restart knows them too', async () => {
    const installer = await open();
    const installation = await installer.install(
      'sample',
      archive({ ...sample, 'README.md': 'x', 'other.json': '{}' }),
    );
    await installation.commit();
    expect(readdirSync(join(root, 'data/services')).sort()).toEqual(['.journal', 'sample.json', 'schemas']);
    expect(installation.service.record).toEqual({
      kind: 'service',
      name: 'sample',
      definition: JSON.parse(sample['sample.json']),
      schemas: { 'sample.proto': sample['schemas/sample.proto'] },
    });
    for (const known of [installer, await open()]) {
      expect([...known.installed.keys()]).toEqual(['sample']);
      const label = {
        FuncName: 'label',
        ServiceName: 'sample',
        InterfaceName: 'trueno',
        Addr: 'tcp://localhost:50051',
        MethodName: 'Label',
      };
      expect(known.functions()).toEqual([label, { ...label, FuncName: 'other', MethodName: 'other' }]);
      expect(known.function('label')).toEqual(label);
      expect(known.function('Label')).toBeUndefined();
      expect(known.installed.get('sample')?.description).toEqual({
        About: { author: { name: 'me' }, description: { en_US: 'a sample' } },
        Interfaces: {
          trueno: {
            Desc: null,
            Addr: 'tcp://localhost:50051',
            Protocol: 'grpc',
            Schema: { SchemaType: 'protobuf', SchemaFile: 'sample.proto', Schemaless: false },
            Functions: ['label', 'other'],
            Options: null,
          },
        },
      });
    }
  });

  test('the name of the definition may have other letters; imports come with what imports them', async () => {
    const text = 'syntax = "proto3"; import "deep/types.proto"; service S { rpc Label(T) returns (T); }';
    const installer = await open();
    const { service } = await installer.install(
      'sample',
      archive({
        'Sample.JSON': definition('main.proto'),
        'schemas/main.proto': text,
        'schemas/deep/types.proto': 'syntax = "proto3"; import "more.proto"; message T { U u = 1; }',
        'schemas/deep/more.proto': 'syntax = "proto3"; message U {}',
        'schemas/unused.proto': proto(),
      }),
    );
    expect(Object.keys(service.record.schemas)).toEqual(['main.proto', 'deep/types.proto', 'deep/more.proto']);
    expect(existsSync(join(root, 'data/services/sample.json'))).toBe(true);
    expect(existsSync(join(root, 'data/services/schemas/unused.proto'))).toBe(true);
  });

  test('secrets of options are masked in the description', async () => {
    const options = { headers: { Authorization: 'Bearer x', 'X-Site': 'north' }, privateKeyRaw: 'abc', timeout: '1s' };
    const installer = await open();
    const files = { ...sample, 'sample.json': definition('sample.proto', { options }) };
    const { service } = await installer.install('sample', archive(files));
    expect(service.description.Interfaces['trueno']?.Options).toEqual({
      headers: { Authorization: '******', 'X-Site': 'north' },
      privateKeyRaw: '******',
      timeout: '1s',
    });
  });

  const refused: readonly [string, string, Readonly<Record<string, string>>, string][] = [
    ['an archive without definition', 'sample', {}, 'cannot find the json descriptor file sample.json for service'],
    ['a name that is a path', '../x', sample, 'invalid service name "../x"'],
    ['what is no JSON', 'sample', { 'sample.json': '{' }, 'parse services file sample.json failed: '],
    [
      'a schema that is missing',
      'sample',
      { 'sample.json': sample['sample.json'] },
      'Fail to parse schema file sample.proto: sample.proto: no such file',
    ],
    [
      'a schema outside',
      'sample',
      { 'sample.json': definition('../../secret.proto') },
      'Fail to parse schema file ../../secret.proto: it is not below the directory of schemas',
    ],
    [
      'a method that streams',
      'sample',
      {
        ...sample,
        'schemas/sample.proto': 'syntax = "proto3"; message M {} service S { rpc Label(stream M) returns (M); }',
      },
      'method Label is streaming, only unary calls are supported',
    ],
  ];
  test.each(refused)('%s is refused and leaves nothing', async (_name, name, files, text) => {
    const installer = await open();
    await expect(installer.install(name, archive(files))).rejects.toThrow(text);
    expect(installer.installed.size).toBe(0);
    expect(existsSync(join(root, 'data/services/schemas'))).toBe(false);
  });

  test('a function of somebody else is refused, naming them', async () => {
    const installer = await open((name) => (name === 'label' ? 'portable plugin pysam' : undefined));
    await expect(installer.install('sample', archive(sample))).rejects.toThrow(
      'function label is already provided by portable plugin pysam',
    );
    const free = await open();
    await (await free.install('sample', archive(sample))).commit();
    const again = { 'next.json': definition('sample.proto') };
    await expect(free.install('next', archive(again))).rejects.toThrow(
      'function label is already provided by service sample',
    );
  });
});

describe('replacing and removing', () => {
  test('a rollback brings back the version before, on the disk too', async () => {
    const installer = await open();
    await (await installer.install('sample', archive(sample))).commit();
    const next = { ...sample, 'schemas/sample.proto': proto('Label', 'third') };
    const update = await installer.install('sample', archive(next));
    expect(installer.functions().map(({ FuncName }) => FuncName)).toEqual(['label', 'third']);
    await update.rollback();
    for (const known of [installer, await open()]) {
      expect(known.functions().map(({ FuncName }) => FuncName)).toEqual(['label', 'other']);
    }
    const first = await installer.install('fresh', archive({ 'fresh.json': '{}' }));
    await first.rollback();
    expect([...(await open()).installed.keys()]).toEqual(['sample']);
  });

  test('removing takes the definition and leaves the schemas', async () => {
    put('etc/services/sample.json', sample['sample.json']);
    const installer = await open();
    await (await installer.install('sample', archive(sample))).commit();
    await installer.uninstall('sample');
    expect((await open()).installed.size).toBe(0);
    expect(readFileSync(join(root, 'data/services/schemas/sample.proto'), 'utf8')).toBe(sample['schemas/sample.proto']);
    await expect(installer.uninstall('sample')).rejects.toThrow('sample is not found');
  });
});

describe('the start', () => {
  test('services of etc and data are loaded, data first; broken ones are logged and left out', async () => {
    put('etc/services/one.json', definition('one.proto', { functions: [] }));
    put('etc/services/schemas/one.proto', proto('fromEtc'));
    put('etc/services/both.json', definition('one.proto', { functions: [] }));
    put('data/services/both.json', definition('two.proto', { functions: [] }));
    put('data/services/schemas/two.proto', proto('fromData'));
    put('data/services/broken.json', '{');
    put('data/services/taken.json', definition('two.proto', { functions: [] }));
    put('data/services/gone.json', definition('gone.proto'));
    const installer = await open();
    expect(installer.functions().map(({ FuncName, ServiceName }) => `${ServiceName}.${FuncName}`)).toEqual([
      'both.fromData',
      'one.fromEtc',
    ]);
    expect(errors).toEqual([
      expect.stringContaining('service broken is not loaded: parse services file broken.json failed: '),
      expect.stringContaining('service gone is not loaded: Fail to parse schema file gone.proto: '),
      'service taken is not loaded: function fromData is already provided by service both',
    ]);
  });

  test('without directories there is nothing', async () => {
    expect((await open()).installed.size).toBe(0);
    expect(existsSync(join(root, 'data'))).toBe(false);
  });
});
