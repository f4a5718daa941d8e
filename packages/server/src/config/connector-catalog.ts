/** The connectors that exist, by their declarations: names, properties, what they say about themselves. */
import { type Clock, silentLogger } from '@kuiper/base';
import { createConnectors } from '@kuiper/connectors';
import type { ConnectionDeclaration, LookupDeclaration, SinkDeclaration, SourceDeclaration } from '@kuiper/sdk';

export interface ConnectorCatalog {
  readonly sources: ReadonlyMap<string, SourceDeclaration>;
  readonly sinks: ReadonlyMap<string, SinkDeclaration>;
  readonly lookups: ReadonlyMap<string, LookupDeclaration>;
  readonly connections: ReadonlyMap<string, ConnectionDeclaration>;
}

/** Nothing is opened: the connectors at work live with the host. */
export function connectorCatalog(clock: Clock): ConnectorCatalog {
  const { sources, sinks, lookups, connectionTypes } = createConnectors({ clock, logger: silentLogger, rootPath: '.' });
  return {
    sources: byType(sources),
    sinks: byType(sinks),
    lookups: byType(lookups),
    connections: byType(connectionTypes),
  };
}

function byType<D extends { readonly type: string }>(declarations: readonly D[]): ReadonlyMap<string, D> {
  return new Map([...declarations].sort((a, b) => (a.type < b.type ? -1 : 1)).map((d) => [d.type, d]));
}
