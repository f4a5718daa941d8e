// One measured load: warm up unmeasured, then CPU seconds of the whole engine process divided by messages.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

export const seconds = Number(process.env.BENCH_SECONDS ?? 20);
export const warmUpSeconds = Number(process.env.BENCH_WARM_UP_SECONDS ?? 5);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs the load; `settled` resolves when everything sent has come out. */
export async function measureLoad({ process, generator, rate, settled }) {
  await generator.run(rate, warmUpSeconds);
  await settled?.();
  const cpuBefore = process.cpuSeconds();
  const started = performance.now();
  const sent = await generator.run(rate, seconds);
  const elapsed = (performance.now() - started) / 1000;
  await settled?.();
  const cpu = process.cpuSeconds() - cpuBefore;
  return {
    cpuUs: (cpu / sent) * 1e6,
    sent,
    perSecond: sent / elapsed,
    keptUp: elapsed < seconds * 1.1,
    memory: process.memory(),
  };
}

/** Waits until `count()` has reached `wanted`, or has not changed for longer than any window of the workloads lasts. */
export async function waitForCount(count, wanted) {
  let last = -1;
  let still = 0;
  for (let i = 0; i < 1200; i++) {
    const now = await count();
    if (now >= wanted && wanted >= 0) return now;
    still = now === last ? still + 1 : 0;
    if (still > 260) return now;
    last = now;
    await sleep(50);
  }
  return last;
}

/** Counts lines of a growing file without reading anything twice. */
export class LineCounter {
  #path;
  #offset = 0;
  #buffer = Buffer.alloc(1 << 20);
  #atLineStart = true;
  lines = 0;

  constructor(path) {
    this.#path = path;
  }

  /** Calls `each` with every complete chunk of text when given. */
  count(each) {
    if (!existsSync(this.#path)) return 0;
    const file = openSync(this.#path, 'r');
    try {
      for (;;) {
        const read = readSync(file, this.#buffer, 0, this.#buffer.length, this.#offset);
        if (read === 0) return this.lines;
        this.#offset += read;
        const chunk = this.#buffer.subarray(0, read);
        // A line counts when its first byte is there: the last one may have no line break yet.
        if (this.#atLineStart) this.lines++;
        for (let at = chunk.indexOf(10); at >= 0 && at < read - 1; at = chunk.indexOf(10, at + 1)) this.lines++;
        this.#atLineStart = chunk[read - 1] === 10;
        each?.(chunk);
      }
    } finally {
      closeSync(file);
    }
  }
}

/** Sums `"n":<count>` over everything written: rows that went through windows. */
export class SumCounter {
  #lines;
  #rest = '';
  sum = 0;

  constructor(path) {
    this.#lines = new LineCounter(path);
  }

  count() {
    this.#lines.count((chunk) => {
      const text = this.#rest + chunk.toString('latin1');
      // A complete row ends in a brace; what follows the last one is still to come.
      const end = text.lastIndexOf('}') + 1;
      for (const [, n] of text.slice(0, end).matchAll(/"n":(\d+)/g)) this.sum += Number(n);
      this.#rest = text.slice(end);
    });
    return this.sum;
  }
}
