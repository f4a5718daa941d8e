import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FileFetcher } from './fetch-file.ts';

let server: http.Server;
let origin = '';

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/file') response.end('content');
    else if (path === '/moved') response.writeHead(302, { location: '/file' }).end();
    else if (path === '/circle') response.writeHead(302, { location: '/circle' }).end();
    else if (path === '/local') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const fetcher = (enablePrivateNet: boolean): FileFetcher =>
  new FileFetcher({ uploads: '/nowhere', allowExternalFileAccess: false, enablePrivateNet });

test('a file is found where redirects lead', async () => {
  expect((await fetcher(true).read(`${origin}/moved`)).toString()).toBe('content');
});

const refused: readonly (readonly [path: string, text: string])[] = [
  ['/nothing', 'cannot download the file with status: 404 Not Found'],
  ['/circle', 'stopped after 10 redirects'],
  ['/local', 'unsupported url scheme file'],
];

test.each(refused)('%s is refused', async (path, text) => {
  await expect(fetcher(true).read(origin + path)).rejects.toThrow(text);
});

test('private networks are out of reach, by number and by name', async () => {
  await expect(fetcher(false).read(`${origin}/file`)).rejects.toThrow('ip 127.0.0.1 is in internal network');
  await expect(fetcher(false).read(`${origin.replace('127.0.0.1', 'localhost')}/file`)).rejects.toThrow(
    'is in internal network',
  );
});
