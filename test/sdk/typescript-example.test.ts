import { typescriptExample } from './example-files.ts';
import { describeExample } from './plugin-suite.ts';

describeExample({
  name: 'tsexample',
  suffix: 'Ts',
  missing: null,
  archive: () => typescriptExample('examples/portable-typescript'),
});
