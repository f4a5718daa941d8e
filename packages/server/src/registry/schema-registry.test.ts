import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { silentLogger } from '@kuiper/base';
import { MemoryKv, type RuleHost } from '@kuiper/host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileFetcher } from '../transfer/fetch-file.ts';
import { schemaColumns } from './schema-columns.ts';
import { type SchemaRequest, SchemaRegistry } from './schema-registry.ts';

/** An archive of stored (uncompressed) files. */
function zip(files: Readonly<Record<string, string>>, mode = 0): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(content), 10);
    head.writeUInt32LE(content.length, 14);
    head.writeUInt32LE(content.length, 18);
    head.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name), content]);
    const central = Buffer.alloc(42);
    central.writeUInt16LE((3 << 8) | 20, 0);
    head.copy(central, 2, 0, 24);
    central.writeUInt32LE((mode << 16) >>> 0, 34);
    central.writeUInt32LE(offset, 38);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), central, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listing, Buffer.from('PK\x05\x06'), end]);
}

describe('the registry of schemas', () => {
  const proto = 'syntax = "proto3"; message A { int32 id = 1; }';
  let root = '';
  let registry: SchemaRegistry;
  const kv = new MemoryKv();
  const open = (): Promise<SchemaRegistry> =>
    SchemaRegistry.open({
      kv,
      directory: join(root, 'data'),
      shippedDirectory: join(root, 'etc'),
      files: new FileFetcher({ uploads: root, allowExternalFileAccess: false, enablePrivateNet: false }),
      host: { putSchema: async () => {}, deleteSchema: async () => {} } as unknown as RuleHost,
      logger: silentLogger,
    });
  const request = (fields: Partial<SchemaRequest>): SchemaRequest => ({
    type: 'protobuf',
    name: 's',
    content: '',
    file: '',
    soFile: '',
    version: '',
    ...fields,
  });

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'kuiper-schemas-'));
    registry = await open();
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('keeps one file per schema, named after its version', async () => {
    await registry.create(request({ content: proto, version: '2' }));
    expect(await registry.describe('protobuf', 's')).toEqual({
      type: 'protobuf',
      name: 's',
      content: proto,
      file: join(root, 'data', 'protobuf', 's@2.proto'),
      version: '2',
    });
    expect(await registry.replace(request({ content: `${proto} `, version: '3' }))).toBe(false);
    expect(await readdir(join(root, 'data', 'protobuf'))).toEqual(['s@3.proto']);
  });

  const refused: readonly (readonly [fields: Partial<SchemaRequest>, why: string])[] = [
    [{ content: 'x', version: '1' }, 'schema protobuf.s already registered with a newer version 3'],
    [{ content: 'x', version: '4/5' }, 'schema version 4/5 is invalid'],
    [{ content: 'x', version: '..' }, 'schema version .. is invalid'],
    [{ name: '', content: 'x' }, 'name is required'],
    [{ name: 'a/b', content: 'x' }, 'contains invalid characters'],
    [{ type: 'x', content: 'x' }, 'unsupported schema type x'],
    [{ name: 'n' }, 'must specify content or file'],
    [{ name: 'n', content: 'x', file: 'y' }, 'cannot specify both content and file'],
    [{ name: 'n', type: 'custom', content: 'x' }, 'soFile is required'],
    [{ name: 'n', file: 'file:///etc/hosts' }, 'file access denied: path must be under'],
    [{ name: 'n', file: 'http://127.0.0.1:1/x.proto' }, 'ip 127.0.0.1 is in internal network'],
    [{ name: 'n', file: 'ftp://x/y' }, 'unsupported url scheme ftp'],
  ];
  for (const [fields, why] of refused) {
    it(`refuses ${JSON.stringify(fields)}: ${why}`, async () => {
      await expect(registry.replace(request(fields))).rejects.toThrow(why);
    });
  }

  it('unpacks an archive with what the schema imports, and nothing else', async () => {
    const archive = join(root, 'z.zip');
    await writeFile(archive, zip({ 'z.proto': 'main', 'z/part.proto': 'part', 'other.txt': 'x' }));
    await registry.create(request({ name: 'z', file: `file://${archive}` }));
    expect(await readFile(join(root, 'data', 'protobuf', 'z', 'part.proto'), 'utf8')).toBe('part');
    await expect(access(join(root, 'data', 'protobuf', 'other.txt'))).rejects.toThrow('ENOENT');
    await expect(registry.create(request({ name: 'y', file: `file://${archive}` }))).rejects.toThrow(
      'schema file y.proto not found inside the zip',
    );
  });

  it('finds its files again, and shipped ones unless newer ones were installed', async () => {
    await mkdir(join(root, 'etc', 'protobuf'), { recursive: true });
    await writeFile(join(root, 'etc', 'protobuf', 's@1.proto'), 'shipped');
    await writeFile(join(root, 'etc', 'protobuf', 'only@1.proto'), 'shipped');
    await writeFile(join(root, 'etc', 'protobuf', 'a@b@c.proto'), 'left out');
    const again = await open();
    expect(again.list('protobuf').sort()).toEqual(['only', 's', 'z']);
    expect(await again.describe('protobuf', 's')).toMatchObject({ version: '3', content: `${proto} ` });
    await again.delete('protobuf', 'z');
    expect((await readdir(join(root, 'data', 'protobuf'))).sort()).toEqual(['s@3.proto']);
    await expect(again.delete('protobuf', 'z')).rejects.toThrow('schema protobuf.z not found');
  });

  it('takes a folder of files for a schema, whose files see each other', async () => {
    const folder = join(root, 'etc', 'protobuf', 'many');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'a.proto'), 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }');
    await writeFile(join(folder, 'b.proto'), 'syntax = "proto3"; message B { int32 id = 1; }');
    await mkdir(join(root, 'etc', 'protobuf', 'empty'));
    const again = await open();
    expect(again.list('protobuf')).toContain('many');
    expect(again.list('protobuf')).not.toContain('empty');
    expect(await again.describe('protobuf', 'many')).toEqual({ type: 'protobuf', name: 'many', file: folder });
    expect(schemaColumns(again.store, 'protobuf', 'many.A')).toMatchObject([
      { name: 'b', type: { kind: 'struct', fields: [{ name: 'id', type: { kind: 'bigint' } }] } },
    ]);
    await again.delete('protobuf', 'many');
    expect((await readdir(folder)).sort()).toEqual(['a.proto', 'b.proto']);
  });

  it('replaces a folder by a file with what it imports', async () => {
    const folder = join(root, 'data', 'protobuf', 'f');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'a.proto'), 'syntax = "proto3"; message A { int32 id = 1; }');
    const again = await open();
    const archive = join(root, 'f.zip');
    const main = 'syntax = "proto3"; import "f/part.proto"; message A { Part part = 1; }';
    await writeFile(
      archive,
      zip({ 'f.proto': main, 'f/part.proto': 'syntax = "proto3"; message Part { string s = 1; }' }),
    );
    expect(await again.replace(request({ name: 'f', file: `file://${archive}` }))).toBe(false);
    expect(await readdir(folder)).toEqual(['part.proto']);
    expect(schemaColumns(again.store, 'protobuf', 'f.A')).toMatchObject([{ name: 'part' }]);
  });

  it('starts without a file that cannot be read', async () => {
    await mkdir(join(root, 'data', 'protobuf', 'broken.proto'), { recursive: true });
    const again = await open();
    expect(again.store.problem('broken.A')).toBe('schema type protobuf id broken not found in registry');
    await rm(join(root, 'data', 'protobuf', 'broken.proto'), { recursive: true });
  });
});
