/** The example with images, end to end. Source: behaviour spec, functions §9 (plugins), extension §9. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExampleServer } from './example-server.ts';
import { hasPackage, importPackage, modulesOf } from './optional-packages.ts';
import { sizeOfPng, writePng } from './png.ts';

type Sharp = (image: Buffer) => {
  jpeg(): { toBuffer(): Promise<Buffer> };
  metadata(): Promise<{ format: string; width: number; height: number }>;
};

let server: ExampleServer;
beforeAll(async () => {
  server = await ExampleServer.start();
});
afterAll(() => server.stop());

/** Red on the left, blue on the right. */
const flag = writePng(40, 20, 3, (x) => (x < 20 ? [255, 0, 0] : [0, 0, 255]));

/** What calls give for pictures: bytes, or the text of an error. */
async function ask(calls: readonly string[], image: Buffer = flag): Promise<(Buffer | string)[]> {
  const sql = (stream: string): string =>
    `SELECT ${calls.map((call, i) => `${call} AS c${i}`).join(', ')} FROM ${stream}`;
  const [row = {}] = await server.ask({ format: 'binary', sql, bodies: [image] });
  if (typeof row === 'string') return [row];
  return calls.map((_call, i) => Buffer.from(row[`c${i}`] as string, 'base64'));
}

it('says what to install when sharp is missing', { timeout: 60_000 }, async () => {
  await server.install('image');
  const [error] = await ask(['thumbnail(self, 10, 10)']);
  expect(error).toContain('call func thumbnail error: the npm package sharp cannot be loaded: run `npm install');
  await server.uninstall('image');
});

describe.skipIf(!hasPackage('sharp'))('images', { timeout: 60_000 }, () => {
  /** What sharp consists of on this machine, for an archive that brings it along. */
  function packagesOfSharp(): Record<string, Buffer> {
    const modules = modulesOf('sharp');
    const files: Record<string, Buffer> = {};
    for (const name of ['sharp', '@img', 'detect-libc', 'semver']) {
      for (const entry of readdirSync(join(modules, name), { withFileTypes: true, recursive: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile()) files[`node_modules/${path.slice(modules.length + 1)}`] = readFileSync(path);
      }
    }
    return files;
  }

  beforeAll(() => server.install('image', {}, packagesOfSharp()), 60_000);

  const sizes: [call: string, width: number, height: number][] = [
    ['thumbnail(self, 10, 10)', 10, 5],
    ['thumbnail(self, 100, 100)', 40, 20],
    ['thumbnail(self, 0, 10)', 20, 10],
    ['resizeWithChan(self, 10, 10)', 10, 10],
    ['resizeWithChan(self, 80, 0)', 80, 40],
    ['resizeWithChan(self, 0, 0)', 40, 20],
    ['resizeWithChan(self, 8, 6, false)', 8, 6],
    ['resize(self, 7, 3)', 7, 3],
  ];
  it('have the size asked for', async () => {
    const files = (await ask(sizes.map(([call]) => call))) as Buffer[];
    expect(files.map((file, i) => [sizes[i]?.[0], ...sizeOfPng(file)])).toEqual(sizes);
  });

  it('keep their format', async () => {
    const sharp = await importPackage<Sharp>('sharp');
    const jpeg = await sharp(flag).jpeg().toBuffer();
    const [small, wide] = (await ask(['thumbnail(self, 10, 10)', 'resizeWithChan(self, 50, 10)'], jpeg)) as Buffer[];
    expect(await sharp(small as Buffer).metadata()).toMatchObject({ format: 'jpeg', width: 10, height: 5 });
    expect(await sharp(wide as Buffer).metadata()).toMatchObject({ format: 'jpeg', width: 50, height: 10 });
  });

  it('are red, green and blue of each pixel when asked for raw', async () => {
    const [same] = await ask(['resizeWithChan(self, 0, 0, true)']);
    const line = [...Array<number[]>(20).fill([255, 0, 0]), ...Array<number[]>(20).fill([0, 0, 255])].flat();
    expect([...(same as Buffer)]).toEqual(Array<number[]>(20).fill(line).flat());
    const grey = writePng(4, 4, 1, () => [7]);
    const opaque = writePng(4, 4, 4, () => [1, 2, 3, 255]);
    expect(await ask(['resizeWithChan(self, 2, 1, true)'], grey)).toEqual([Buffer.from([7, 7, 7, 7, 7, 7])]);
    expect(await ask(['resizeWithChan(self, 2, 1, true)'], opaque)).toEqual([Buffer.from([1, 2, 3, 1, 2, 3])]);
  });

  it('go out as they are', async () => {
    const sql = (stream: string): string => `SELECT thumbnail(self, 10, 10) AS self FROM ${stream}`;
    const question = { format: 'binary', sql, bodies: [flag] } as const;
    const file = await server.askBytes(question, (content) => content.includes('IEND'));
    expect([file.subarray(1, 4).toString(), ...sizeOfPng(file)]).toEqual(['PNG', 10, 5]);
  });

  const failures: [call: string, why: string, image?: Buffer][] = [
    ['thumbnail(self, -1, 10)', 'call func thumbnail error: width must be 0 to 16384'],
    ['resizeWithChan(self, 1, 20000)', 'call func resizeWithChan error: height must be 0 to 16384'],
    ['thumbnail(self, 10, 10)', 'call func thumbnail error: ', Buffer.from('no picture')],
    ['thumbnail("text", 10, 10)', 'call func thumbnail error: '],
  ];
  for (const [call, why, image] of failures) {
    it(`fail alone: ${call}`, async () => {
      expect(await ask([call], image)).toEqual([expect.stringContaining(why)]);
    });
  }
});
