import type { Connectors } from '@kuiper/connectors';
import type { ConnectionState } from './rule-host.ts';

/** Null for a connection that does not exist. */
export async function connectionState(connectors: Connectors, id: string): Promise<ConnectionState | null> {
  if (connectors.connections.propsOf(id) === null) return null;
  const { status, err } = await connectors.connections.get(id);
  return { status, message: err ?? '' };
}
