/** Where a symbol of a plugin talks to the engine. Source: behaviour spec, extension §4.4, §4.6. */

/** What names a source or sink of a rule in commands and sockets. */
export interface SymbolMeta {
  readonly ruleId: string;
  readonly opId: string;
  /** Always 0: the Go SDK ignores any other. */
  readonly instanceId: 0;
}

const SHARED = '$$subtopo_';

/** @param ruleId `$$subtopo_<stream>` for the source of a shared stream, whose operator is then `subtopo_<stream>` */
export function sourceMeta(ruleId: string, name: string): SymbolMeta {
  const opId = ruleId.startsWith(SHARED) ? `subtopo_${ruleId.slice(SHARED.length)}` : name;
  return { ruleId, opId, instanceId: 0 };
}

export function sinkMeta(ruleId: string, name: string): SymbolMeta {
  return { ruleId, opId: name, instanceId: 0 };
}

export function dataPath({ ruleId, opId, instanceId }: SymbolMeta): string {
  return `/tmp/${ruleId}_${opId}_${instanceId}.ipc`;
}

export function ackPath({ ruleId, opId, instanceId }: SymbolMeta): string {
  return `/tmp/${ruleId}_${opId}_${instanceId}_ack.ipc`;
}

export function functionPath(symbol: string): string {
  return `/tmp/func_${symbol}.ipc`;
}
