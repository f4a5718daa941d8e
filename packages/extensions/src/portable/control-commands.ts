/** What the engine tells a plugin, as text. Source: behaviour spec, extension §4.6. */
import { jsonText } from '@kuiper/base';
import type { ControlArgument } from './portable-control.ts';

/**
 * `{"cmd":"start","arg":"<JSON text>"}`. The topic goes under both names that SDKs look for: the Python SDK reads
 * `datasource`, others `dataSource`.
 */
export function controlCommand(command: 'start' | 'stop', argument: ControlArgument): string {
  const { dataSource } = argument;
  const named = dataSource === undefined ? argument : { ...argument, datasource: dataSource };
  return jsonText({ cmd: command, arg: jsonText(named) });
}

/**
 * By what a started symbol is known until it is stopped: functions by their name, sources and sinks by their place in a
 * rule.
 */
export function commandKey({ pluginType, symbolName, meta }: ControlArgument): string {
  return pluginType === 'source' || pluginType === 'sink'
    ? `${pluginType} ${meta.ruleId}/${meta.opId}/${meta.instanceId}/${symbolName}`
    : `${pluginType} ${symbolName}`;
}

/** Sources end by themselves, and some SDKs then do not know what to stop. */
export function isGoneAlready(reply: string): boolean {
  return /^symbol .* not found$/.test(reply);
}

/** The extras of `handshake {"v":2,"extras":["state"]}`; none for a plain handshake. */
export function negotiatedExtras(handshake: Buffer): readonly string[] {
  const start = handshake.indexOf('{');
  if (start < 0 || !handshake.toString('utf8', 0, start).startsWith('handshake')) return [];
  try {
    const { extras } = JSON.parse(handshake.toString('utf8', start)) as { extras?: unknown };
    return Array.isArray(extras) ? extras.filter((extra) => typeof extra === 'string') : [];
  } catch {
    return [];
  }
}
