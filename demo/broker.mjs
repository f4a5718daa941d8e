// The embedded MQTT broker of the demo: nothing to install.
import net from 'node:net';
import { Aedes } from 'aedes';

/** Listens on loopback, on the port when it is free, else on another one. */
export async function startBroker(preferredPort) {
  const broker = await Aedes.createBroker();
  const server = net.createServer(broker.handle);
  const listen = (port) =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(preferredPort).catch(() => listen(0));
  return {
    url: `mqtt://127.0.0.1:${server.address().port}`,
    async stop() {
      await new Promise((resolve) => broker.close(resolve));
      server.close();
    },
  };
}
