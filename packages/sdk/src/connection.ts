/** Connections shared by several sources and sinks, named by `connectionSelector` or anonymous. */
import type { Clock, Logger, Props, PropSchema } from '@kuiper/base';
import type { Localized } from './about.ts';
import type { ConnectionStatus } from './source.ts';

export interface ConnectionContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Name of a named connection, or a generated one. */
  readonly id: string;
  readonly rootPath: string;
  /** Tells everybody who uses the connection. */
  status(status: ConnectionStatus, message?: string): void;
}

export interface OpenConnection {
  /** Round trip or cheap check; rejects with why it does not work. */
  ping(): Promise<void>;
  close(): Promise<void> | void;
}

export interface ConnectionDeclaration<P extends PropSchema = PropSchema, C extends OpenConnection = OpenConnection> {
  readonly type: string;
  readonly about: Localized;
  readonly props: P;
  /** Returns at once; connecting and reconnecting go on inside and are told through `context.status`. */
  open(context: ConnectionContext, props: Props<P>): C;
}

/** How sources and sinks get at connections. */
export interface ConnectionAccess {
  /**
   * The connection of `props.connectionSelector` when that is set (shared, counted), else a private one with these
   * properties. Throws `connection X not existed` for an unknown selector.
   * @param onStatus called at once with the present status and on every change until release
   */
  acquire<P extends PropSchema, C extends OpenConnection>(
    declaration: ConnectionDeclaration<P, C>,
    props: Readonly<Record<string, unknown>>,
    onStatus: (status: ConnectionStatus, message?: string) => void,
  ): ConnectionLease<C>;
}

export interface ConnectionLease<C> {
  readonly connection: C;
  release(): Promise<void> | void;
}

export function defineConnection<P extends PropSchema, C extends OpenConnection>(
  declaration: ConnectionDeclaration<P, C>,
): ConnectionDeclaration<P, C> {
  return declaration;
}
