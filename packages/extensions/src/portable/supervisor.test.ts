import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, silentLogger, SystemClock } from '@kuiper/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PluginProgram } from './plugin-program.ts';
import type { PortableOptions } from './portable-options.ts';
import { MARK_VARIABLE } from './process-traces.ts';
import { Supervisor } from './supervisor.ts';

const meta = { ruleId: 'r1', opId: 'demo', instanceId: 0 };
const source = { symbolName: 's', meta, pluginType: 'source' } as const;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie still has its number.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/** Programs are shell scripts here: none of them ever says that it is there. */
describe('a supervisor of programs that do not behave', () => {
  let root = '';
  let lines: string[] = [];
  let supervisor: Supervisor;
  let name = '';

  const open = (portable: Partial<PortableOptions> = {}): Supervisor => {
    const add = (text: string): number => lines.push(text);
    const logger: Logger = { ...silentLogger, info: add, warn: add, error: add };
    return new Supervisor({ clock: new SystemClock(), logger, portable, tracesPath: join(root, 'traces') });
  };
  const program = (script: string, more: Partial<PluginProgram> = {}): PluginProgram => {
    const executable = join(root, 'program');
    writeFileSync(executable, `#!/bin/sh\n${script}\n`);
    chmodSync(executable, 0o755);
    return {
      name,
      language: 'exec',
      executable,
      virtualEnvType: '',
      env: '',
      instances: 1,
      maxMemoryBytes: null,
      ...more,
    };
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'supervisor-'));
    name = `t_${process.pid}_${root.slice(-6)}`;
    lines = [];
    supervisor = open({ initTimeoutMs: 300 });
  });
  afterEach(async () => {
    await supervisor.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('gives up on a handshake that does not come, and leaves no process', async () => {
    const put = supervisor.put(program('echo $$; sleep 1000'));
    expect(supervisor.state(name)).toMatchObject({ status: 'initializing', generation: 0 });
    await expect(put).rejects.toThrow(`plugin ${root}/program control handshake error: receive time out`);
    const pid = Number(/\] (\d+)/.exec(lines[0] ?? '')?.[1]);
    expect(isAlive(pid)).toBe(false);
    expect(supervisor.report(name)).toMatchObject({ status: 'error', pid: 0, restarts: 0, refCount: {} });
    await expect(supervisor.start(name, source)).rejects.toThrow(
      `plugin ${name} is not running successfully, please make sure it is valid`,
    );
  });

  it('fails at once, with the last words, when the program ends before its handshake', async () => {
    supervisor = open({ initTimeoutMs: 60_000 });
    const text = `plugin ${root}/program control handshake error: exit status 3: no module named x`;
    await expect(supervisor.put(program('echo "no module named x" >&2; exit 3'))).rejects.toThrow(text);
    expect(supervisor.report(name)).toMatchObject({ status: 'error', errMsg: text, lastError: text });
  });

  const unstartable: readonly (readonly [what: string, more: Partial<PluginProgram>, text: string])[] = [
    ['a language without a way to run it', { language: 'cobol' }, 'unsupported language: cobol'],
    [
      'another virtual environment',
      { language: 'python', virtualEnvType: 'poetry' },
      'fail to start plugin NAME: unsupported virtual type: poetry',
    ],
    [
      'conda without an environment',
      { language: 'python', virtualEnvType: 'conda' },
      'fail to start plugin NAME: virtualEnvType conda needs the name of an env',
    ],
    [
      'a missing interpreter',
      { language: 'python' },
      'fail to start plugin NAME: no-such-python is not installed or not in PATH',
    ],
  ];
  it.each(unstartable)('says what is wrong with %s', async (_, more, text) => {
    supervisor = open({ pythonBin: 'no-such-python' });
    await expect(supervisor.put(program('', more))).rejects.toThrow(text.replace('NAME', name));
  });

  it('says that conda is missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = root;
    try {
      const conda = { language: 'python', virtualEnvType: 'conda', env: 'e' };
      await expect(supervisor.put(program('', conda))).rejects.toThrow(
        `fail to start plugin ${name}: conda is not installed or not in PATH`,
      );
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('runs Python in its conda environment', async () => {
    const path = process.env['PATH'];
    writeFileSync(join(root, 'conda'), '#!/bin/sh\necho "$@"\n');
    chmodSync(join(root, 'conda'), 0o755);
    process.env['PATH'] = `${root}:${path}`;
    try {
      const put = supervisor.put(program('', { language: 'python', virtualEnvType: 'conda', env: 'e' }));
      await expect(put).rejects.toThrow('exit status 0');
      expect(lines[0]).toBe(`[${name}] run -n e python ${root}/program {"sendTimeout":1000}`);
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('starts again and again, less and less often', async () => {
    supervisor.begin(program('exit 7'));
    const waits: number[] = [];
    let lastMs = Date.now();
    for (let starts = 2; starts <= 4; starts++) {
      await expect.poll(() => supervisor.state(name)?.generation, { interval: 5 }).toBe(starts);
      waits.push(Date.now() - lastMs);
      lastMs = Date.now();
    }
    expect(waits[0]).toBeGreaterThanOrEqual(95);
    expect(waits[1]).toBeGreaterThanOrEqual(195);
    expect(waits[2]).toBeGreaterThanOrEqual(395);
    expect(supervisor.report(name)).toMatchObject({ restarts: 3, status: expect.any(String) });
    await supervisor.remove(name);
    expect(supervisor.state(name)).toBeUndefined();
    expect(supervisor.report(name)).toMatchObject({ status: 'stop', errMsg: '' });
  });

  it('ends what the program has started along with it', async () => {
    const put = supervisor.put(program('sleep 1000 & echo child $!; wait'));
    await expect(put).rejects.toThrow('receive time out');
    const child = Number(/child (\d+)/.exec(lines.join('\n'))?.[1]);
    expect(child).toBeGreaterThan(0);
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it.each([
    ['at once', 0],
    ['when its process is there', 1],
  ])('stops while a program is being started: %s', async (_, generation) => {
    supervisor = open({ initTimeoutMs: 60_000 });
    const failed = expect(supervisor.put(program('sleep 1000'))).rejects.toThrow();
    await expect.poll(() => supervisor.state(name)?.generation, { interval: 1 }).toBeGreaterThanOrEqual(generation);
    await supervisor.close();
    await failed;
    expect(readdirSync(join(root, 'traces'))).toEqual([]);
  });

  it('ends what an engine that was killed has left, and only what carries its mark', async () => {
    await supervisor.close();
    const start = (mark: string) =>
      spawn('sleep', ['1000'], { stdio: 'ignore', env: { ...process.env, [MARK_VARIABLE]: mark } });
    const [ours, other] = [start('ours'), start('other')];
    const pidOf = (child: typeof ours): number => child.pid as number;
    try {
      writeFileSync(join(root, 'traces/ours.json'), JSON.stringify({ pid: pidOf(ours), mark: 'ours', plugin: 'py' }));
      // The number belongs to somebody else by now.
      writeFileSync(join(root, 'traces/gone.json'), JSON.stringify({ pid: pidOf(other), mark: 'gone', plugin: 'py' }));
      writeFileSync(join(root, 'traces/broken.json'), '{"pid":');
      supervisor = open();
      await expect.poll(() => isAlive(pidOf(ours))).toBe(false);
      expect(isAlive(pidOf(other))).toBe(true);
      expect(readdirSync(join(root, 'traces'))).toEqual([]);
    } finally {
      ours.kill('SIGKILL');
      other.kill('SIGKILL');
    }
  });

  it('names the path when another engine listens on it', async () => {
    const first = open({ initTimeoutMs: 5000 });
    const running = first.put(program('sleep 1000')).catch(() => undefined);
    await expect.poll(() => first.state(name)?.generation).toBe(1);
    await expect(supervisor.put(program('sleep 1000'))).rejects.toThrow(
      `can't listen on rep socket: address in use (/tmp/plugin_${name}.ipc)`,
    );
    await first.close();
    await running;
  });
});
