// A child process whose CPU seconds and memory are read from the system, not from the wall clock.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

export class MeasuredProcess {
  constructor(command, args, options) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.output = '';
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (chunk) => {
        this.output = (this.output + chunk).slice(-20_000);
      });
    }
    this.exited = new Promise((resolve) => this.child.on('exit', resolve));
  }

  /** User and system CPU seconds of all threads so far. */
  cpuSeconds() {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Resident memory now and at its highest, in MiB. */
  memory() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const read = (key) => Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
    return { nowMiB: read('VmRSS'), peakMiB: read('VmHWM') };
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.exited;
  }
}
