import { pythonExample, pythonMissing } from './example-files.ts';
import { describeExample } from './plugin-suite.ts';

describeExample({
  name: 'pyexample',
  suffix: 'Py',
  missing: pythonMissing,
  archive: (tag) => pythonExample('examples/portable-python', tag),
});
