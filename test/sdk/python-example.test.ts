import { spawnSync } from 'node:child_process';
import { pythonExample } from './example-files.ts';
import { describeExample } from './plugin-suite.ts';

const missing = spawnSync('python3', ['--version']).status === 0 ? null : 'install Python 3.9 or newer (python3)';
if (missing !== null) {
  if (process.env['CI'] === 'true') throw new Error(missing);
  console.warn(`skipped: ${missing}`);
}

describeExample({ name: 'pyexample', suffix: 'Py', missing, archive: () => pythonExample('examples/portable-python') });
