// Makes a checkout runnable: installs packages and builds when, and only when, something changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const lowestNode = [20, 19];

/** Installs and builds as needed. Says what it does on stderr, and nothing when there is nothing to do. */
export function bootstrap() {
  checkNode();
  install();
  build();
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > lowestNode[0] || (major === lowestNode[0] && minor >= lowestNode[1])) return;
  fail(`Node.js ${lowestNode.join('.')} or later is needed, this is ${process.versions.node}.`);
}

function install() {
  const lock = join(root, 'package-lock.json');
  const stamp = join(root, 'node_modules', '.installed');
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.error('Installing packages (once) …');
  run(npmCommand, ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, digest);
}

function build() {
  const stamp = join(root, 'node_modules', '.built');
  const newest = newestSource();
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest && outputsExist()) return;
  console.error('Building …');
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
}

function outputsExist() {
  return packages().every((name) => existsSync(join(root, 'packages', name, 'dist', 'index.js')));
}

function packages() {
  return readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'tsconfig.json')),
  );
}

function newestSource() {
  let newest = Math.max(
    ...['tsconfig.json', 'tsconfig.base.json', 'package-lock.json'].map((f) => statSync(join(root, f)).mtimeMs),
  );
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else newest = Math.max(newest, statSync(path).mtimeMs);
    }
  };
  for (const name of packages()) visit(join(root, 'packages', name, 'src'));
  return newest;
}

const npmCommand = process.platform === 'win32' ? 'npm.cmd' : 'npm';

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 'inherit'] });
  if (error) fail(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
