import { ManualClock, silentLogger } from '@kuiper/base';
import { expect, test } from 'vitest';
import { createConnectors } from './create-connectors.ts';

test('every connector has a type of its own and says in two languages what it is', async () => {
  const connectors = createConnectors({ clock: new ManualClock(), logger: silentLogger, rootPath: '.' });
  for (const declarations of [connectors.sources, connectors.sinks, connectors.lookups, connectors.connectionTypes]) {
    const types = declarations.map(({ type }) => type);
    expect(new Set(types).size).toBe(types.length);
    for (const { about, props } of declarations) {
      expect([about.en, about.zh].every((text) => text.length > 3)).toBe(true);
      for (const prop of Object.values(props)) expect(prop.label?.zh).toBeTruthy();
    }
  }
  await connectors.close();
});
