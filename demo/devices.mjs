// Simulated machines: temperatures that wander, a door that opens now and then, an oven that overheats.
import mqtt from 'mqtt';

const machines = [
  { id: 'press-1', usual: 45, swing: 4 },
  { id: 'press-2', usual: 47, swing: 4 },
  { id: 'oven-1', usual: 76, swing: 9 },
  { id: 'pump-1', usual: 31, swing: 3 },
  { id: 'fan-1', usual: 24, swing: 2 },
];

const publishMs = 500;

/** Publishes every machine's readings to `factory/<machine>` until stopped. */
export async function startDevices(brokerUrl) {
  const client = await mqtt.connectAsync(brokerUrl, { clientId: 'demo-devices' });
  const state = machines.map((machine) => ({ ...machine, temperature: machine.usual, door: 'closed' }));
  let tick = 0;
  const timer = setInterval(() => {
    tick++;
    for (const machine of state) {
      const pull = (machine.usual - machine.temperature) * 0.15;
      machine.temperature += pull + (Math.random() - 0.5) * machine.swing;
      if (Math.random() < 0.02) machine.door = machine.door === 'closed' ? 'open' : 'closed';
      const reading = {
        machine: machine.id,
        temperature: Math.round(machine.temperature * 10) / 10,
        door: machine.door,
        tick,
      };
      client.publish(`factory/${machine.id}`, JSON.stringify(reading), { qos: 1 });
    }
  }, publishMs);
  return {
    async stop() {
      clearInterval(timer);
      await client.endAsync(true);
    },
  };
}
