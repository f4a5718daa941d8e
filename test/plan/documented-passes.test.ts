import { readFileSync } from 'node:fs';
import { passes } from '@kuiper/engine';
import { expect, test } from 'vitest';

test('the guide lists the passes in their order', () => {
  const guide = readFileSync(new URL('../../docs/guide/plans.md', import.meta.url), 'utf8');
  const section = guide.slice(guide.indexOf('## Passes'), guide.indexOf('## Options'));
  const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map((row) => row[1]);
  expect(listed).toEqual(passes.map((pass) => pass.name));
});
