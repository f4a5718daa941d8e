import { goExample, goMissing } from './example-files.ts';
import { describeExample } from './plugin-suite.ts';

describeExample({
  name: 'goexample',
  suffix: 'Go',
  missing: goMissing,
  archive: (tag) => goExample('examples/portable-go', tag),
});
