/** A service as `GET /services/{name}` shows it. Source: behaviour spec, rest-cli-config §4.13. */
import { lookupProp, maskSecrets, type PropBag } from '@kuiper/base';
import { serviceOptionsSchema } from './service-options.ts';
import type { PlannedInterface } from './service-plan.ts';

export interface ServiceDescription {
  readonly About: unknown;
  readonly Interfaces: Readonly<Record<string, InterfaceDescription>>;
}

export interface InterfaceDescription {
  readonly Desc: unknown;
  readonly Addr: string;
  readonly Protocol: string;
  readonly Schema: { readonly SchemaType: string; readonly SchemaFile: string; readonly Schemaless: boolean };
  readonly Functions: readonly string[];
  readonly Options: Readonly<Record<string, unknown>> | null;
}

/** Secrets of options are masked. */
export function describeService(definition: unknown, planned: readonly PlannedInterface[]): ServiceDescription {
  const bag = definition as PropBag;
  const interfaces = lookupProp(bag, 'interfaces') as Readonly<Record<string, PropBag>>;
  const shown = planned.map(({ definition: found, functions }): [string, InterfaceDescription] => {
    const source = interfaces[found.name] as PropBag;
    const options = lookupProp(source, 'options') as PropBag | null | undefined;
    const { schema } = found;
    const isPlain = schema.type === 'schemaless';
    return [
      found.name,
      {
        Desc: lookupProp(source, 'description') ?? null,
        Addr: found.address,
        Protocol: found.protocol,
        Schema: {
          SchemaType: isPlain ? '' : schema.type,
          SchemaFile: isPlain ? '' : schema.file,
          Schemaless: isPlain,
        },
        Functions: functions.map(({ name }) => name),
        Options: options === null || options === undefined ? null : maskedOptions(options),
      },
    ];
  });
  return { About: lookupProp(bag, 'about') ?? null, Interfaces: Object.fromEntries(shown) };
}

/** What headers carry is secret where their name says so. */
function maskedOptions(options: PropBag): PropBag {
  const masked = maskSecrets(options, serviceOptionsSchema);
  const name = Object.keys(masked).find((key) => key.toLowerCase() === 'headers');
  return name === undefined ? masked : { ...masked, [name]: maskSecrets(masked[name] as PropBag) };
}
