import { goExample, goMissing } from './example-files.ts';
import { describeExample } from './plugin-suite.ts';

describeExample({
  name: 'goexample',
  suffix: 'Go',
  missing: goMissing,
  archive: () => goExample('examples/portable-go', 'goexample'),
});
