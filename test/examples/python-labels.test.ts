/** A Python plugin that labels images of a binary stream, with what its script has installed. Source: extension §9. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zipArchive } from '../../packages/extensions/testing/zip-archive.ts';
import { filesOf, pythonMissing } from '../sdk/example-files.ts';
import { ExampleServer } from './example-server.ts';
import { writePng } from './png.ts';

/** Tells wide images from high ones by their header. */
const program = `
from kuiper import Function, PluginConfig, plugin
from labels import LABELS
import struct

class LabelImage(Function):
    def validate(self, args):
        return "" if len(args) == 1 else "expects one image"

    def exec(self, args, ctx):
        width, height = struct.unpack(">II", args[0][16:24])
        return [{"label": LABELS[0 if width > height else 1], "confidence": 0.9}]

    def is_aggregate(self):
        return False

plugin.start(PluginConfig("labelImage", {}, {}, {"labelImage": LabelImage}))
`;

describe.skipIf(pythonMissing !== null)('labelImage', { timeout: 60_000 }, () => {
  let server: ExampleServer;
  beforeAll(async () => {
    server = await ExampleServer.start({ KUIPER__PORTABLE__PYTHONBIN: 'python3' });
    const manifest = { version: '1', language: 'python', executable: 'plugin.py', functions: ['labelImage'] };
    const path = join(server.kuiperd.directory, 'labelImage.zip');
    const files = {
      'labelImage.json': JSON.stringify({ ...manifest, sources: [], sinks: [] }),
      'plugin.py': program,
      'install.sh': `echo 'LABELS = ["wide", "high"]' > "$(dirname "$0")/labels.py"`,
      ...Object.fromEntries(
        filesOf('sdks/python/kuiper', 'kuiper/').map(([name, { content }]) => [name, Buffer.from(content)]),
      ),
    };
    writeFileSync(path, zipArchive(files));
    await server.kuiperd.must('POST', '/plugins/portables', { name: 'labelImage', file: `file://${path}` });
  });
  afterAll(() => server.stop());

  it('is a member of the first of its labels', async () => {
    const sql = (stream: string): string => `SELECT labelImage(self)[0]->label AS label FROM ${stream}`;
    const bodies = [writePng(4, 2, 1, () => [0]), writePng(2, 4, 1, () => [0])];
    expect(await server.ask({ format: 'binary', sql, bodies })).toEqual([{ label: 'wide' }, { label: 'high' }]);
  });
});
