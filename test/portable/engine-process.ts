/** An engine in a process of its own, which tests may kill: installs nothing, runs what is there, tells of its plugin. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginRig } from './plugin-rig.ts';

const [directory, name] = process.argv.slice(2) as [string, string];
const rig = await PluginRig.open({ directory });
rig.plugins.begin();
while (rig.supervisor.state(name)?.status !== 'running') await sleep(10);
console.log(JSON.stringify(rig.plugins.report(name)));
setInterval(() => undefined, 1000);
