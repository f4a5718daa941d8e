/**
 * Connections by name and by use.
 *
 * A named connection is created by a user, dials at once and independently of rules, and is shared by everybody who
 * selects it; it cannot be dropped while somebody does. An anonymous one belongs to the source or sink that acquired
 * it and ends with the lease. Source: behaviour spec, io §11.1.
 */
import { type Clock, decodeProps, errorText, type Logger, type PropSchema } from '@kuiper/base';
import type {
  ConnectionAccess,
  ConnectionDeclaration,
  ConnectionLease,
  ConnectionStatus,
  OpenConnection,
} from '@kuiper/sdk';
import { connectorErrors } from './errors.ts';

export type ConnectionProps = Readonly<Record<string, unknown>>;

/** One connection as `GET /connections` shows it. */
export interface ConnectionInfo {
  readonly id: string;
  readonly typ: string;
  readonly props: ConnectionProps;
  readonly isNamed: boolean;
  readonly status: ConnectionStatus;
  /** Why it is not connected. */
  readonly err?: string;
  /** How many sources and sinks use it; absent for none. */
  readonly refCount?: number;
}

export interface ConnectionPoolOptions {
  readonly declarations: readonly ConnectionDeclaration[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rootPath: string;
}

type StatusListener = (status: ConnectionStatus, message?: string) => void;

export class ConnectionPool implements ConnectionAccess {
  readonly #options: ConnectionPoolOptions;
  readonly #declarations = new Map<string, ConnectionDeclaration>();
  readonly #entries = new Map<string, PooledConnection>();
  #anonymous = 0;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    for (const declaration of options.declarations) this.register(declaration);
  }

  /** Adds a connection type, for instance one that a plugin brings. */
  register(declaration: ConnectionDeclaration): void {
    this.#declarations.set(declaration.type.toLowerCase(), declaration);
  }

  /**
   * Creates a named connection; it dials on its own. Succeeds for an unknown type and for bad properties too: what is
   * wrong shows in the status and fails whoever acquires it. Throws only for a bad or taken name.
   */
  create(id: string, typ: string, props: ConnectionProps): void {
    if (id === '' || typ === '') throw connectorErrors.CONNECTION_UNNAMED();
    if (this.#entries.has(id)) throw connectorErrors.CONNECTION_EXISTS(id);
    const entry = new PooledConnection(id, typ, props, true);
    this.#entries.set(id, entry);
    const declaration = this.#declarations.get(typ.toLowerCase());
    if (declaration === undefined) {
      entry.error = connectorErrors.CONNECTION_TYPE_UNKNOWN();
      return;
    }
    try {
      entry.open(declaration, this.#options);
    } catch (error) {
      entry.error = error instanceof Error ? error : new Error(errorText(error));
      entry.tell('disconnected', errorText(error));
    }
  }

  /** Replaces a named connection that nobody uses. */
  async update(id: string, typ: string, props: ConnectionProps): Promise<void> {
    if (!this.#entries.has(id)) throw connectorErrors.CONNECTION_ABSENT(id);
    await this.drop(id);
    this.create(id, typ, props);
  }

  /** Closes and forgets a named connection; a missing one is fine. */
  async drop(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (!entry.isNamed) throw connectorErrors.CONNECTION_INTERNAL(id);
    if (entry.references.length > 0) throw connectorErrors.CONNECTION_IN_USE(id, [...entry.references].sort());
    this.#entries.delete(id);
    await entry.close();
  }

  /** One connection; a type that does not tell its status is pinged. Throws `connection X not existed`. */
  async get(id: string): Promise<ConnectionInfo> {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw connectorErrors.CONNECTION_ABSENT(id);
    await entry.refresh();
    return entry.info();
  }

  /** @param all with the anonymous ones */
  async list(all = false): Promise<readonly ConnectionInfo[]> {
    const entries = [...this.#entries.values()].filter((entry) => all || entry.isNamed);
    await Promise.all(entries.map((entry) => entry.refresh()));
    return entries.map((entry) => entry.info());
  }

  /** The properties of a connection, null when there is none. */
  propsOf(id: string): ConnectionProps | null {
    return this.#entries.get(id)?.props ?? null;
  }

  hasType(typ: string): boolean {
    return this.#declarations.has(typ.toLowerCase());
  }

  /** Tries a connection with these properties and closes it again; rejects with why it does not work. */
  async ping(typ: string, props: ConnectionProps): Promise<void> {
    const declaration = this.#declarations.get(typ.toLowerCase());
    if (declaration === undefined) throw connectorErrors.CONNECTION_TYPE_UNKNOWN();
    const entry = new PooledConnection('$$test', typ, props, false);
    entry.open(declaration, this.#options);
    try {
      await entry.connection?.ping();
    } finally {
      await entry.close();
    }
  }

  /** The view of one user of connections; `reference` (for instance `rule1_demo_0`) shows when a drop is refused. */
  accessFor(reference: string): ConnectionAccess {
    return { acquire: (declaration, props, onStatus) => this.#acquire(reference, declaration, props, onStatus) };
  }

  acquire<P extends PropSchema, C extends OpenConnection>(
    declaration: ConnectionDeclaration<P, C>,
    props: ConnectionProps,
    onStatus: StatusListener,
  ): ConnectionLease<C> {
    return this.#acquire(declaration.type, declaration, props, onStatus);
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((entry) => entry.close()));
  }

  #acquire<P extends PropSchema, C extends OpenConnection>(
    reference: string,
    declaration: ConnectionDeclaration<P, C>,
    props: ConnectionProps,
    onStatus: StatusListener,
  ): ConnectionLease<C> {
    const selector = props['connectionSelector'];
    const entry =
      typeof selector === 'string' && selector !== ''
        ? this.#select(selector, declaration.type)
        : this.#openAnonymous(reference, declaration as unknown as ConnectionDeclaration, props);
    entry.references.push(reference);
    entry.listeners.add(onStatus);
    onStatus(entry.status, entry.message);
    let released = false;
    return {
      connection: entry.connection as C,
      release: () => {
        if (released) return;
        released = true;
        entry.listeners.delete(onStatus);
        entry.references.splice(entry.references.indexOf(reference), 1);
        if (entry.isNamed) return;
        this.#entries.delete(entry.id);
        return entry.close();
      },
    };
  }

  #select(id: string, type: string): PooledConnection {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw connectorErrors.CONNECTION_ABSENT(id);
    if (entry.error !== null) throw entry.error;
    if (entry.typ.toLowerCase() !== type.toLowerCase()) throw connectorErrors.CONNECTION_TYPE(id, type);
    return entry;
  }

  #openAnonymous(reference: string, declaration: ConnectionDeclaration, props: ConnectionProps): PooledConnection {
    this.#anonymous++;
    const entry = new PooledConnection(
      `${reference}-${declaration.type}-${this.#anonymous}`,
      declaration.type,
      props,
      false,
    );
    entry.open(declaration, this.#options);
    this.#entries.set(entry.id, entry);
    return entry;
  }
}

class PooledConnection {
  readonly id: string;
  readonly typ: string;
  readonly props: ConnectionProps;
  readonly isNamed: boolean;
  readonly references: string[] = [];
  readonly listeners = new Set<StatusListener>();
  connection: OpenConnection | null = null;
  /** Why it cannot be used at all. */
  error: Error | null = null;
  status: ConnectionStatus = 'connecting';
  message: string | undefined;
  #tellsStatus = false;

  constructor(id: string, typ: string, props: ConnectionProps, isNamed: boolean) {
    this.id = id;
    this.typ = typ;
    this.props = props;
    this.isNamed = isNamed;
  }

  open(declaration: ConnectionDeclaration, options: ConnectionPoolOptions): void {
    const { clock, rootPath } = options;
    const logger = options.logger.with({ connection: this.id });
    const status = (status: ConnectionStatus, message?: string): void => {
      this.#tellsStatus = true;
      this.tell(status, message);
    };
    const context = { clock, logger, id: this.id, rootPath, status };
    this.connection = declaration.open(context, decodeProps(this.props, declaration.props));
  }

  tell(status: ConnectionStatus, message?: string): void {
    this.status = status;
    this.message = status === 'connected' ? undefined : message;
    for (const listener of [...this.listeners]) listener(status, message);
  }

  async refresh(): Promise<void> {
    if (this.#tellsStatus || this.connection === null) return;
    try {
      await this.connection.ping();
      this.tell('connected');
    } catch (error) {
      this.tell('disconnected', errorText(error));
    }
  }

  info(): ConnectionInfo {
    const { id, typ, props, isNamed, status } = this;
    return {
      id,
      typ,
      props,
      isNamed,
      status,
      ...(status === 'connected' || this.message === undefined ? {} : { err: this.message }),
      ...(this.references.length === 0 ? {} : { refCount: this.references.length }),
    };
  }

  async close(): Promise<void> {
    this.listeners.clear();
    await this.connection?.close();
    this.connection = null;
  }
}
