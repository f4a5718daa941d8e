/** Named connections: their definitions are stored, the host keeps them open. Source: rest-cli-config §4.11, io §11. */
import { errorText, type Logger, maskSecrets, SECRET_MASK } from '@kuiper/base';
import type { RuleHost } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import type { ConfKeys, PropBag } from './conf-keys.ts';

export interface ConnectionView {
  readonly id: string;
  readonly typ: string;
  readonly props: PropBag;
  readonly isNamed: true;
  readonly status: string;
  readonly err?: string;
  readonly refCount?: number;
}

export class ConnectionRegistry {
  readonly #confKeys: ConfKeys;
  readonly #host: RuleHost;
  readonly #logger: Logger;
  readonly #connections: Map<string, { readonly typ: string; readonly props: PropBag }>;
  /** References of running rules to a connection, such as `r1_src_0`. */
  references: (id: string) => readonly string[] = () => [];

  constructor(confKeys: ConfKeys, host: RuleHost, logger: Logger) {
    this.#confKeys = confKeys;
    this.#host = host;
    this.#logger = logger;
    this.#connections = this.#stored();
  }

  /** Opens on a host that has just come up what is known so far. */
  async openOn(host: RuleHost): Promise<void> {
    for (const [id, { typ, props }] of this.#connections) await this.#tryPut(host, id, typ, props);
  }

  /** Opens what is stored, those already open again with what is stored now; forgets the others. */
  async reload(): Promise<void> {
    const wanted = this.#stored();
    for (const id of [...this.#connections.keys()]) if (!wanted.has(id)) await this.#close(id);
    for (const [id, { typ, props }] of wanted) {
      const known = this.#connections.get(id);
      if (known !== undefined && known.typ === typ && JSON.stringify(known.props) === JSON.stringify(props)) continue;
      if (known !== undefined) await this.#close(id);
      await this.#open(id, typ, props);
    }
  }

  has(id: string): boolean {
    return this.#connections.has(id);
  }

  propsOf(id: string): PropBag | undefined {
    return this.#connections.get(id)?.props;
  }

  /** For sinks: the properties under the sink's own type. */
  propsOfType(type: string, id: string): PropBag | undefined {
    const found = this.#confKeys.get('connections', type, id);
    if (found === undefined || (found.xOperation !== undefined && found.xOperation !== 'create')) return undefined;
    return found;
  }

  async create(id: string, typ: string, props: PropBag): Promise<void> {
    if (this.#connections.has(id)) throw serverErrors.REQUEST(`connection ${id} already been created`);
    await this.#confKeys.store('connections', typ, id, props);
    await this.#open(id, typ, this.#confKeys.get('connections', typ, id) ?? props);
  }

  /** A masked secret stays what it was. */
  async update(id: string, typ: string, props: PropBag): Promise<void> {
    const old = this.#connections.get(id);
    if (old === undefined) throw serverErrors.REQUEST(`connection ${id} not existed`);
    this.#assertUnused(id);
    await this.#host.deleteConnection(id);
    const merged = unmasked(props, old.props);
    if (old.typ !== typ) await this.#confKeys.remove('connections', old.typ, id);
    await this.#confKeys.store('connections', typ, id, merged);
    this.#connections.delete(id);
    await this.#open(id, typ, this.#confKeys.get('connections', typ, id) ?? merged);
  }

  /** A missing one is fine. */
  async delete(id: string): Promise<void> {
    const old = this.#connections.get(id);
    if (old === undefined) return;
    this.#assertUnused(id);
    await this.#close(id);
    await this.#confKeys.remove('connections', old.typ, id);
  }

  async view(id: string): Promise<ConnectionView> {
    const found = this.#connections.get(id);
    if (found === undefined) throw serverErrors.REQUEST(`connection ${id} not existed`);
    const state = await this.#host.connectionStatus(id).catch(() => null);
    const refCount = this.references(id).length;
    return {
      id,
      typ: found.typ,
      props: maskSecrets(found.props),
      isNamed: true,
      status: state?.status ?? 'connecting',
      ...(state !== null && state.status === 'disconnected' && state.message !== '' && { err: state.message }),
      ...(refCount > 0 && { refCount }),
    };
  }

  list(): Promise<ConnectionView[]> {
    return Promise.all([...this.#connections.keys()].sort().map((id) => this.view(id)));
  }

  #assertUnused(id: string): void {
    const references = this.references(id);
    if (references.length === 0) return;
    throw serverErrors.REQUEST(`connection ${id} can't be dropped due to rule references [${references.join(' ')}]`);
  }

  async #open(id: string, typ: string, props: PropBag): Promise<void> {
    this.#connections.set(id, { typ, props });
    await this.#tryPut(this.#host, id, typ, props);
  }

  async #tryPut(host: RuleHost, id: string, typ: string, props: PropBag): Promise<void> {
    try {
      await host.putConnection(id, typ, props);
    } catch (error) {
      // The definition stays: what is wrong with it shows in its status and in the rules that select it.
      this.#logger.warn(`connection ${id}: ${errorText(error)}`);
    }
  }

  #stored(): Map<string, { readonly typ: string; readonly props: PropBag }> {
    const stored = new Map<string, { readonly typ: string; readonly props: PropBag }>();
    for (const [typ, keys] of Object.entries(this.#confKeys.stored('connections'))) {
      for (const [id, props] of Object.entries(keys)) stored.set(id, { typ, props });
    }
    return stored;
  }

  async #close(id: string): Promise<void> {
    await this.#host.deleteConnection(id);
    this.#connections.delete(id);
  }
}

function unmasked(props: PropBag, old: PropBag): PropBag {
  const entries = Object.entries(props).map(([name, value]) =>
    value === SECRET_MASK && Object.hasOwn(old, name) ? ([name, old[name]] as const) : ([name, value] as const),
  );
  return Object.fromEntries(entries);
}
