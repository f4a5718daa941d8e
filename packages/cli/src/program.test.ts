import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingServer } from '../testing/recording-server.ts';
import { typeCommand } from '../testing/type-command.ts';
import { commands } from './commands/all-commands.ts';
import { version } from './version.ts';

const answers = { 'GET /services': '[]', 'GET /prefix/services': '[]' };

let server: RecordingServer;
let directory: string;

beforeAll(async () => {
  server = await RecordingServer.start();
  server.expect(answers);
  directory = mkdtempSync(join(tmpdir(), 'kuiper-cli-'));
  mkdirSync(join(directory, 'etc'));
  mkdirSync(join(directory, 'a', 'b'), { recursive: true });
  writeFileSync(join(directory, 'etc', 'client.yaml'), `basic:\n  host: 127.0.0.1\n  port: ${server.port}\n`);
});

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const none = 'No service definitions are found.\n';

describe('the server is found', () => {
  const ways: readonly (readonly [
    name: string,
    words: () => string[],
    options: () => Parameters<typeof typeCommand>[1],
  ])[] = [
    ['by -s before the command', () => ['-s', server.url], () => ({})],
    ['by its address without a scheme', () => ['-s', `127.0.0.1:${server.port}`], () => ({})],
    ['by an address with a path', () => ['-s', `${server.url}/prefix/`], () => ({})],
    ['by -server with one dash and =', () => [`-server=${server.url}`], () => ({})],
    ['by KUIPER_SERVER', () => [], () => ({ env: { KUIPER_SERVER: server.url } })],
    ['by client.yaml above the working directory', () => [], () => ({ cwd: join(directory, 'a', 'b') })],
    ['by client.yaml of KuiperBaseKey', () => [], () => ({ env: { KuiperBaseKey: directory } })],
    ['by client.yaml of -etc', () => ['-loadFileType', 'absolute', '-etc', join(directory, 'etc')], () => ({})],
    [
      'by variables over client.yaml',
      () => [],
      () => ({ env: { CLIENT__BASIC__HOST: '127.0.0.1', CLIENT__BASIC__PORT: String(server.port) } }),
    ],
  ];
  for (const [name, words, options] of ways) {
    it(name, async () => {
      expect(await typeCommand([...words(), 'show', 'services'], options())).toEqual({
        output: none,
        remarks: '',
        exitCode: 0,
      });
    });
  }

  it('by --server after the command', async () => {
    expect((await typeCommand(['show', 'services', '--server', server.url])).output).toBe(none);
  });
});

describe('a failure', () => {
  it('names the address and what to do when nothing listens there', async () => {
    const unused = net.createServer();
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
    const { port } = unused.address() as AddressInfo;
    await new Promise((resolve) => unused.close(resolve));
    expect(await typeCommand(['-s', `127.0.0.1:${port}`, 'show', 'rules'])).toEqual({
      output: '',
      remarks:
        `Failed to connect the server at http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}.\n` +
        'Please start the server with kuiperd, or name another one with --server http://host:port or KUIPER_SERVER.\n',
      exitCode: 1,
    });
  });

  it('names what the server does not offer', async () => {
    const { remarks, exitCode } = await typeCommand(['-s', server.url, 'describe', 'plugin', 'wasm', 'p']);
    expect(remarks).toBe(`The server does not offer GET ${server.url}/plugins/wasm/p (status 404).\n`);
    expect(exitCode).toBe(1);
  });

  it('shows the place in a refused statement', async () => {
    const message = 'invalid rule json: Parse SQL SELECT a FORM s error: found "FORM", expected FROM..';
    const excerpt = 'line 1, column 10:\nSELECT a FORM s\n         ^^^^';
    const problem = { status: 400, error: 1000, message, line: 1, column: 10, near: 'FORM', excerpt, hint: 'FROM' };
    server.expect({ 'GET /services': [400, JSON.stringify(problem)] });
    const { remarks, exitCode } = await typeCommand(['-s', server.url, 'show', 'services']);
    expect(server.requests[0]?.headers.accept).toBe('application/problem+json, */*');
    expect(remarks).toBe(`${message}\n${excerpt}\nDid you mean FROM?\n`);
    expect(exitCode).toBe(1);
    server.expect(answers);
  });

  const wrong: readonly (readonly [words: readonly string[], exitCode: number, remark: string])[] = [
    [['crate', 'rule'], 2, "error: unknown command 'crate'\n(Did you mean create?)"],
    [['create', 'thing'], 2, "error: unknown command 'thing'"],
    [['show', 'rules', '--tabel'], 2, "error: unknown option '--tabel'\n(Did you mean --table?)"],
    [
      ['-s', 'ftp://x', 'show', 'rules'],
      1,
      '"ftp://x" (--server) is no server address, such as http://127.0.0.1:9081.',
    ],
    [
      ['-s', 'http://', 'show', 'rules'],
      1,
      '"http://" (--server) is no server address, such as http://127.0.0.1:9081.',
    ],
    [
      ['-etc', '/nonexistent', 'show', 'rules'],
      1,
      'The client configuration /nonexistent/client.yaml cannot be read: no such file or directory.',
    ],
    [['-loadFileType', 'other', 'show', 'rules'], 2, 'Expect loadFileType to be relative or absolute.'],
  ];
  for (const [words, exitCode, remark] of wrong) {
    it(`is told with code ${exitCode}: kuiper ${words.join(' ')}`, async () => {
      expect(await typeCommand(words)).toEqual({ output: '', remarks: `${remark}\n`, exitCode });
    });
  }
});

describe('a token', () => {
  for (const [name, words, env] of [
    ['of --token', ['--token', 'a.b.c'], {}],
    ['of KUIPER_TOKEN', [], { KUIPER_TOKEN: 'a.b.c' }],
  ] as const) {
    it(`${name} is sent as it is`, async () => {
      server.requests.length = 0;
      await typeCommand(['-s', server.url, ...words, 'show', 'services'], { env });
      expect(server.requests[0]?.headers.authorization).toBe('a.b.c');
    });
  }
});

describe('the help', () => {
  it('names every command', async () => {
    const { output, exitCode } = await typeCommand(['--help']);
    expect(exitCode).toBe(0);
    for (const [verb] of commands.map(({ words }) => words)) expect(output).toContain(`\n  ${verb}`);
  });

  for (const { words, usage, about } of commands) {
    it(`tells how to use ${words.join(' ')}`, async () => {
      const { output, exitCode } = await typeCommand([...words, '-h']);
      expect(exitCode).toBe(0);
      expect(output).toContain(`Usage: kuiper ${words.join(' ')} [options] ${usage}`.trim());
      expect(output).toContain(about);
    });
  }

  it('goes with a version', async () => {
    expect(await typeCommand(['--version'])).toEqual({ output: `${version}\n`, remarks: '', exitCode: 0 });
  });
});

function makeCertificate(): boolean {
  try {
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync(
      'openssl',
      [
        ...args,
        '-keyout',
        'key.pem',
        '-out',
        'cert.pem',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      {
        cwd: directory,
        stdio: 'ignore',
      },
    );
    return true;
  } catch {
    return false;
  }
}

describe('over TLS', () => {
  it('the certificate must be known, or named, or ignored on purpose', async (context) => {
    if (!makeCertificate()) context.skip('openssl is missing');
    const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
    const secure = https.createServer({ key: read('key.pem'), cert: read('cert.pem') }, (_, response) =>
      response.end('[]'),
    );
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const address = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
    const show = (...words: string[]) => typeCommand(['-s', address, ...words, 'show', 'services'], { cwd: directory });
    const unknown = await show();
    expect(unknown.remarks).toContain(`Failed to connect the server at ${address}: self-signed certificate`);
    expect(unknown.exitCode).toBe(1);
    expect((await show('--ca', 'cert.pem')).output).toBe(none);
    expect((await show('--insecure')).output).toBe(none);
    await new Promise((resolve) => secure.close(resolve));
  });
});
