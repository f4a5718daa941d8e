/**
 * The pages about plugins are true: what their `sh` blocks say is typed, and what the `text` blocks below them say is
 * seen (`…` stands for anything). A block that ends with `kuiper plugin dev` or `kuiper plugin test … --run` goes on in a
 * terminal of its own until the next section.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { goMissing } from '../portable/go-sdk.ts';
import { Kuiperd } from '../support/kuiperd.ts';
import { temporaryFolder } from './kuiper-cli.ts';

vi.setConfig({ testTimeout: 300_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Block {
  readonly language: string;
  readonly lines: readonly string[];
}

interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

function readSections(page: string): Section[] {
  const text = readFileSync(join(root, 'docs/guide/plugins', page), 'utf8');
  return text.split(/^## /m).map((part) => ({
    title: part.split('\n', 1)[0] as string,
    blocks: [...part.matchAll(/^```(sh|text)\n([^]*?)^```/gm)].map(([, language = '', body = '']) => ({
      language,
      lines: body.trimEnd().split('\n'),
    })),
  }));
}

/** A command in a terminal, and what it shows. */
class Terminal {
  output = '';
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(script: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', resolve);
    });
  }

  async interrupt(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.ended;
  }
}

const folder = temporaryFolder();
let server: Kuiperd | null = null;
let background: Terminal | null = null;

afterEach(async () => {
  await background?.interrupt();
  background = null;
});

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(folder.path, 'bin')}:${process.env['PATH']}`,
  KUIPER_SERVER: server?.api ?? '',
});

/** Types a block; what to look at for its results, and from where on. */
async function type({ lines }: Block, place: { cwd: string }): Promise<() => string> {
  const before = background?.output.length ?? 0;
  const last = lines.at(-1) as string;
  const [, assignments = ''] = /^((?:\w+=\S+ )*)kuiperd$/.exec(last) ?? [];
  if (last.endsWith('kuiperd')) {
    const env = Object.fromEntries(assignments.split(' ').flatMap((one) => (one === '' ? [] : [one.split('=')])));
    server = await Kuiperd.start({ env: env as Record<string, string> });
    return () => '';
  }
  const goesOn = /^kuiper plugin (dev\b|test .*--run)/.test(last);
  const typed = goesOn ? lines.slice(0, -1) : lines;
  const script = ['set -e', ...typed, 'pwd > "$OLD_PLACE"'].join('\n');
  const marker = join(folder.path, 'place');
  const front = new Terminal(script, place.cwd, { ...environment(), OLD_PLACE: marker });
  const status = await front.ended;
  if (status !== 0) throw new Error(`${typed.join('\n')}\nended with ${status}:\n${front.output}\n${server?.log}`);
  place.cwd = readFileSync(marker, 'utf8').trim();
  if (!goesOn) return () => `${front.output}\n${background?.output.slice(before) ?? ''}`;
  const next = new Terminal(`exec ${last}`, place.cwd, environment());
  background = next;
  return () => `${front.output}\n${next.output}`;
}

async function see(line: string, shown: () => string): Promise<void> {
  const literal = (part: string): string => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(
    line
      .split('…')
      .map((part) => literal(part.trim()))
      .join('.*'),
  );
  for (let i = 0; i < 1200 && !pattern.test(shown()); i++) await new Promise((resolve) => setTimeout(resolve, 25));
  if (!pattern.test(shown())) throw new Error(`not seen: ${line}\n${shown()}\n${server?.log}`);
}

const pages = ['two-minutes.md', 'tools.md', 'scripts.md'] as const;
const commands = ['kuiper', 'kuiperd'] as const;

describe.each(pages)('%s', (page) => {
  const home = join(folder.path, page);
  mkdirSync(home, { recursive: true });
  mkdirSync(join(folder.path, 'bin'), { recursive: true });
  for (const command of commands) {
    const main = join(root, 'packages', command === 'kuiper' ? 'cli' : 'server', 'dist/main.js');
    const shim = `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`;
    writeFileSync(join(folder.path, 'bin', command), shim, { mode: 0o755 });
  }

  for (const { title, blocks } of readSections(page)) {
    if (blocks.length === 0) continue;
    test.skipIf(title.startsWith('Go') && goMissing !== null)(title, async () => {
      const starts = blocks.some(({ lines }) => lines.at(-1)?.endsWith('kuiperd'));
      if (!starts) server ??= await Kuiperd.start();
      const place = { cwd: home };
      let shown = (): string => '';
      for (const block of blocks) {
        if (block.language === 'sh') shown = await type(block, place);
        else for (const line of block.lines) await see(line, shown);
      }
      expect(blocks.some(({ language }) => language === 'sh')).toBe(true);
    });
  }

  test('ends', async () => {
    await server?.stop();
    server = null;
  });
});

test('every link of the pages leads somewhere', () => {
  for (const page of ['README.md', 'two-minutes.md', 'tools.md', 'portable.md', 'scripts.md', 'webassembly.md']) {
    const path = join(root, 'docs/guide/plugins', page);
    for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      expect(() => readFileSync(join(path, '..', target)), `${page}: ${target}`).not.toThrow();
    }
  }
  folder.remove();
});
