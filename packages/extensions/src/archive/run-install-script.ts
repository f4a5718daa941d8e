/** `install.sh` of a plugin. Source: behaviour spec, extension §3.2, §4.1. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { errorText } from '@kuiper/base';
import { archiveErrors } from './errors.ts';

/** Of each stream, the end. */
const keptCharacters = 16_384;
/** How long output may come after the end of the script. */
const lateOutputMs = 500;

/**
 * Runs `/bin/sh <dir>/install.sh <shellParas…>` in `dir`, with the engine's environment and in a process group of its
 * own. Throws `err:<why> stdout:<…> stderr:<…>`.
 * @param timeoutMs then the whole group is killed
 */
export function runInstallScript(dir: string, shellParas: readonly string[], timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', [join(dir, 'install.sh'), ...shellParas], {
      cwd: dir,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let timedOut = false;
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        texts[stream] = (texts[stream] + text).slice(-keptCharacters);
      });
    }
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child.pid);
    }, timeoutMs);
    const fail = (why: string): void => reject(archiveErrors.SCRIPT(why, texts.stdout, texts.stderr));
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(errorText(error));
    });
    // A program it leaves behind may keep the streams open: what comes late is not waited for.
    child.once('exit', () => {
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, lateOutputMs).unref();
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) resolve();
      else if (timedOut) fail(`no end within ${timeoutMs / 1000} s`);
      else fail(status === null ? `signal: ${signal}` : `exit status ${status}`);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself just now.
  }
}
