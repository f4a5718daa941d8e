import { createRequire } from 'node:module';
import { ManualClock, silentLogger } from '@kuiper/base';
import { expect, test } from 'vitest';
import { freePort } from '../../testing/mosquitto.ts';
import { createConnectors } from '../create-connectors.ts';

function isLoaded(): boolean {
  return Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/ioredis/'));
}

test('the client library is loaded with the first connection, not before', async () => {
  const connectors = createConnectors({ clock: new ManualClock(), logger: silentLogger, rootPath: '.' });
  expect(isLoaded()).toBe(false);
  const address = `127.0.0.1:${await freePort()}`;
  await expect(connectors.connections.ping('redisSub', { address })).rejects.toThrow('connection refused');
  expect(isLoaded()).toBe(true);
  await connectors.close();
});
