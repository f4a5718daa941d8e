/** What this package adds to the surroundings of extensions: data templates with the engine's functions. */
import type { Clock } from '@kuiper/base';
import type { TemplateCompiler } from '@kuiper/extensions';
import { compileTemplate } from '@kuiper/formats';
import { compiledPattern } from '@kuiper/functions';

/** @param timeZone IANA name */
export function pluginTemplates(clock: Clock, timeZone: string): TemplateCompiler {
  const environment = { now: () => clock.now(), random: Math.random, zone: timeZone, pattern: compiledPattern };
  return (text) => {
    const template = compileTemplate(text, { ...environment, name: 'plugin' });
    return (data) => template.render(data);
  };
}
