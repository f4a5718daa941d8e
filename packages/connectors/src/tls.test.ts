import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { SystemClock, silentLogger } from '@kuiper/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesItems, CollectingSinkContext, failedWrite, openSink } from '../../../test/contract/sink.ts';
import { CollectingSource, openSource } from '../../../test/contract/source.ts';
import { Certificate, opensslMissing } from '../testing/certificates.ts';
import { brokerMissing, freePort, Mosquitto } from '../testing/mosquitto.ts';
import { createConnectors } from './create-connectors.ts';

// under the runner's import condition `require('ws')` gives a class without its helpers; the main file adds them
const require = createRequire(import.meta.url);
require(join(dirname(require.resolve('ws/package.json')), 'index.js'));

const missing = brokerMissing ?? opensslMissing;

describe.skipIf(missing !== null)(`TLS and websockets${missing === null ? '' : ` (${missing})`}`, () => {
  let certificate: Certificate;
  let broker: Mosquitto;
  let tlsPort = 0;
  let wsPort = 0;
  const connectors = createConnectors({
    clock: new SystemClock({ keepAlive: true }),
    logger: silentLogger,
    rootPath: '/',
    enablePrivateNet: true,
  });
  const mqttSource = connectors.sources.find(({ type }) => type === 'mqtt') as (typeof connectors.sources)[0];
  const mqttSink = connectors.sinks.find(({ type }) => type === 'mqtt') as (typeof connectors.sinks)[0];
  const restSink = connectors.sinks.find(({ type }) => type === 'rest') as (typeof connectors.sinks)[0];

  beforeAll(async () => {
    certificate = new Certificate();
    tlsPort = await freePort();
    wsPort = await freePort();
    broker = await Mosquitto.start(
      [
        `listener ${tlsPort} 127.0.0.1`,
        `certfile ${certificate.certPath}`,
        `keyfile ${certificate.keyPath}`,
        `listener ${wsPort} 127.0.0.1`,
        'protocol websockets',
      ].join('\n'),
    );
  });

  afterAll(async () => {
    await connectors.close();
    await broker?.stop();
    certificate?.remove();
  });

  for (const [name, props] of [
    ['a trusted certificate', () => ({ server: `ssl://localhost:${tlsPort}`, rootCaPath: certificate.certPath })],
    [
      'a certificate given as text',
      () => ({
        server: `mqtts://127.0.0.1:${tlsPort}`,
        rootCARaw: readFileSync(certificate.certPath).toString('base64'),
        tlsMinVersion: 'tls1.3',
      }),
    ],
    ['no check', () => ({ server: `tls://127.0.0.1:${tlsPort}`, insecureSkipVerify: true })],
    [
      'a client certificate',
      () => ({
        server: `ssl://localhost:${tlsPort}`,
        rootCaPath: certificate.certPath,
        certificationPath: certificate.certPath,
        privateKeyPath: certificate.keyPath,
      }),
    ],
    ['websockets', () => ({ server: `ws://127.0.0.1:${wsPort}/mqtt` })],
  ] as const) {
    test(`mqtt with ${name}: a message goes out and comes back`, async () => {
      const context = new CollectingSource({ connections: connectors.connections });
      const subscription = await openSource(mqttSource, context, { ...props(), qos: 1 }, 'tls/#');
      await context.connected();
      const sinkContext = new CollectingSinkContext({ connections: connectors.connections });
      const sink = await openSink(mqttSink, sinkContext, { ...props(), topic: 'tls/x', qos: 1 });
      await sinkContext.untilStatus('connected');
      await sink.write(bytesItems(['1', '2']));
      await context.until(({ messages }) => messages.length === 2);
      expect(context.texts).toEqual(['1', '2']);
      await subscription.close();
      await sink.close();
    });
  }

  test('mqtt: an unknown certificate is refused, and the status says so', async () => {
    const server = `ssl://localhost:${tlsPort}`;
    await expect(connectors.connections.ping('mqtt', { server })).rejects.toThrow(
      `found error when connecting for ${server}: self-signed certificate`,
    );
  });

  test('rest: certificates are checked unless told otherwise', async () => {
    const bodies: string[] = [];
    const server = createServer(
      { cert: readFileSync(certificate.certPath), key: readFileSync(certificate.keyPath) },
      (request, response) => {
        request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
        request.on('end', () => response.end());
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const open = (props: Record<string, unknown>) =>
      openSink(restSink, new CollectingSinkContext(), { url: `https://localhost:${port}`, method: 'POST', ...props });
    await (await open({ rootCaPath: certificate.certPath })).write(bytesItems(['trusted']));
    await (await open({ insecureSkipVerify: true })).write(bytesItems(['unchecked']));
    const refused = await failedWrite(await open({}), bytesItems(['never']));
    expect(refused.message).toContain('self-signed certificate');
    expect(refused.recoverable).toBe(false);
    expect(bodies).toEqual(['trusted', 'unchecked']);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('a certificate without its key is refused', async () => {
    const props = { url: 'https://localhost', certificationPath: certificate.certPath };
    await expect(openSink(restSink, new CollectingSinkContext(), props)).rejects.toThrow('requires its private key');
    for (const [tls, text] of [
      ['other', 'unknown tls configuration type: other'],
      ['default', 'default TLS is not configured'],
    ] as const) {
      await expect(openSink(restSink, new CollectingSinkContext(), { tls })).rejects.toThrow(text);
    }
  });
});
