/**
 * Functions of external services. A declaration stays the same while the service behind it is replaced: rules that run go
 * over to the new one with their next call. Source: behaviour spec, extension §6.
 */
import { type FunctionInstance, type ScalarFunction, scalar, t } from '@kuiper/sdk';
import type { ExtensionProvider } from '../extension-provider.ts';
import type { ExtensionKey, ExtensionSymbol, ServiceRecord } from '../extension-record.ts';
import type { ServiceCallMetrics } from './call-metrics.ts';
import { serviceErrors } from './errors.ts';
import { CallScope, type FunctionCalls } from './function-calls.ts';
import type { OpenedInterface, ServiceSurroundings } from './open-interface.ts';

export interface ServiceProvider extends ExtensionProvider<ServiceRecord> {
  /** Of all functions that are loaded. The objects are snapshots. */
  metrics(): readonly ServiceCallMetrics[];
}

export function serviceProvider(around: ServiceSurroundings): ServiceProvider {
  return new Services(around);
}

/** A name that rules may hold on to. */
interface Slot {
  readonly declaration: ScalarFunction;
  /** Rules that run keep calling a dropped service, new ones do not find it. */
  calls: FunctionCalls;
  service: string | null;
}

class Services implements ServiceProvider {
  readonly kind = 'service';
  readonly #around: ServiceSurroundings;
  readonly #slots = new Map<string, Slot>();
  readonly #loaded = new Map<string, readonly OpenedInterface[]>();
  /** Changes come one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(around: ServiceSurroundings) {
    this.#around = around;
  }

  put(record: ServiceRecord): Promise<readonly ExtensionSymbol[]> {
    return this.#inTurn(() => this.#put(record));
  }

  drop({ name }: ExtensionKey): Promise<void> {
    return this.#inTurn(async () => this.#unload(name));
  }

  function(name: string): ScalarFunction | undefined {
    const slot = this.#slots.get(name);
    return slot === undefined || slot.service === null ? undefined : slot.declaration;
  }

  *functionNames(): Iterable<string> {
    for (const [name, { service }] of this.#slots) if (service !== null) yield name;
  }

  metrics(): readonly ServiceCallMetrics[] {
    return [...this.#slots.values()]
      .filter(({ service }) => service !== null)
      .map(({ calls }) => ({ ...calls.counters }));
  }

  async close(): Promise<void> {
    await this.#last;
    const interfaces = [...this.#loaded.values()].flat();
    this.#loaded.clear();
    await Promise.all(interfaces.map(({ shared }) => shared.close()));
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #put({ name, definition, schemas }: ServiceRecord): Promise<readonly ExtensionSymbol[]> {
    const { planService } = await import('./service-plan.ts');
    const planned = await planService(definition, schemas);
    for (const { functions } of planned) for (const found of functions) this.#checkOwner(found.name, name);
    const { openInterface } = await import('./open-interface.ts');
    const opened = await Promise.all(planned.map((one) => openInterface(name, one, this.#around)));
    this.#unload(name);
    this.#loaded.set(name, opened);
    const symbols: ExtensionSymbol[] = [];
    for (const calls of opened.flatMap(({ functions }) => functions)) {
      const { function: functionName } = calls.counters;
      this.#install(functionName, name, calls);
      symbols.push({ kind: 'function', name: functionName });
    }
    return symbols;
  }

  #checkOwner(functionName: string, service: string): void {
    const owner = this.#slots.get(functionName)?.service ?? service;
    if (owner !== service) throw serviceErrors.FUNCTION_TAKEN(functionName, `service ${owner}`);
  }

  #install(functionName: string, service: string, calls: FunctionCalls): void {
    const present = this.#slots.get(functionName);
    if (present === undefined) {
      const slot: Slot = { calls, service, declaration: declare(functionName, () => slot.calls) };
      this.#slots.set(functionName, slot);
    } else {
      present.calls = calls;
      present.service = service;
    }
  }

  #unload(service: string): void {
    for (const { shared } of this.#loaded.get(service) ?? []) shared.retire();
    this.#loaded.delete(service);
    for (const slot of this.#slots.values()) if (slot.service === service) slot.service = null;
  }
}

function declare(name: string, current: () => FunctionCalls): ScalarFunction {
  return scalar({
    name,
    group: 'service',
    summary: 'A function of an external service.',
    args: [t.rest(t.any('value'), 0)],
    examples: [],
    returns: 'any',
    onNull: 'call',
    volatile: true,
    async: true,
    check: (args) => current().check(args),
    instantiate: () => callSite(current),
    eval: (...args: unknown[]) => current().call(args, null),
  });
}

function callSite(current: () => FunctionCalls): FunctionInstance {
  const scope = new CallScope();
  return {
    eval: (...args: unknown[]) => current().call(args, scope),
    close: () => scope.close(),
  };
}
