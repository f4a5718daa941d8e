import { pythonExample, pythonMissing } from './example-files.ts';
import { describeExample } from './plugin-suite.ts';

describeExample({
  name: 'pyexample',
  suffix: 'Py',
  missing: pythonMissing,
  archive: () => pythonExample('examples/portable-python'),
});
