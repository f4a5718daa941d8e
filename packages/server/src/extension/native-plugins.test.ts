/** Lists of functions of native plugins over REST. Source: behaviour spec, extension §3.3; rest-cli-config §4.14. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDirectories } from '../config/directories.ts';
import { readFlags } from '../config/flags.ts';
import { type KuiperServer, startServer } from '../server.ts';

let root = '';
let server: KuiperServer;

async function start(): Promise<void> {
  server = await startServer({
    directories: await findDirectories(readFlags([]), { KuiperBaseKey: root }, '/'),
    host: 'inProcess',
    environment: {
      KUIPER__BASIC__RESTPORT: '0',
      KUIPER__SOURCE__HTTPSERVERPORT: '0',
      KUIPER__BASIC__FILELOG: 'false',
      KUIPER__BASIC__CONSOLELOG: 'false',
    },
  });
  await server.recovered;
}

async function call(method: string, path: string, body?: unknown): Promise<readonly [status: number, text: string]> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(server.restUrl + path, init);
  return [response.status, await response.text()];
}

const register = (plugin: string, ...functions: string[]): Promise<readonly [number, string]> =>
  call('POST', `/plugins/functions/${plugin}/register`, { functions });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'native-plugins-'));
  const folder = join(root, 'plugins', 'functions');
  await mkdir(folder, { recursive: true });
  const functions = (...names: string[]): string =>
    names.map((name) => `export const ${name} = { exec: (context, [x]) => x };`).join('\n');
  await writeFile(join(folder, 'pair.mjs'), functions('Pair', 'Left', 'Right'));
  await writeFile(join(folder, 'rival.mjs'), functions('Rival', 'Left'));
  await writeFile(join(folder, 'lone.mjs'), functions('Lone'));
  await start();
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

describe('a list of functions', () => {
  it('replaces the one before, frees its names, and is there after a restart', async () => {
    expect(await register('pair', 'pair', 'right')).toEqual([200, 'function plugin pair function list is registered']);
    const list = JSON.stringify(['lone', 'pair', 'right']);
    expect(await call('GET', '/plugins/udfs')).toEqual([200, list]);
    expect(await register('rival', 'left')).toEqual([200, 'function plugin rival function list is registered']);
    expect(await call('GET', '/plugins/udfs/left')).toEqual([200, '{"name":"left","plugin":"rival"}']);
    await server.close();
    await start();
    expect(await call('GET', '/plugins/functions/pair')).toEqual([
      200,
      '{"functions":["pair","right"],"name":"pair","version":""}',
    ]);
    expect(await call('GET', '/plugins/udfs')).toEqual([200, JSON.stringify(['left', 'lone', 'pair', 'right'])]);
  });

  const refused: [plugin: string, functions: string[], status: number, text: string][] = [
    [
      'lone',
      ['lone', 'right'],
      400,
      'function plugins lone regiser functions error: function name right already exists',
    ],
    ['lone', ['absent'], 400, 'function plugins lone regiser functions error: symbol Absent not found'],
    ['lone', [], 400, `function plugins lone regiser functions error: property 'functions' must not be empty`],
    ['nobody', ['lone'], 404, 'register functions plugin nobody error: not found'],
  ];
  for (const [plugin, functions, status, text] of refused) {
    it(`is refused and changes nothing: ${text}`, async () => {
      const before = [await call('GET', '/plugins/functions/lone'), await call('GET', '/plugins/udfs')];
      const [answered, body] = await register(plugin, ...functions);
      expect([answered, (JSON.parse(body) as { message: string }).message]).toEqual([
        status,
        expect.stringContaining(text),
      ]);
      expect([await call('GET', '/plugins/functions/lone'), await call('GET', '/plugins/udfs')]).toEqual(before);
      // The list that was refused is not in the way of one that is right.
      expect((await register('lone', 'lone'))[0]).toBe(200);
    });
  }
});
