/** What the engine tells a plugin, as text. Source: behaviour spec, extension §4.6. */
import { jsonText } from '@kuiper/base';
import { knownExtras, linkVersion } from './link/link-extras.ts';
import type { ControlArgument } from './portable-control.ts';

/**
 * `{"cmd":"start","arg":"<JSON text>"}`. The topic goes under both names that SDKs look for: the Python SDK reads
 * `datasource`, others `dataSource`.
 * @param extras what has been agreed on with the process; one without any is told nothing new
 */
export function controlCommand(
  command: 'start' | 'stop',
  argument: ControlArgument,
  extras: readonly string[] = [],
): string {
  const { dataSource, link, ...rest } = argument;
  const named = dataSource === undefined ? rest : { ...rest, dataSource, datasource: dataSource };
  const common = { cmd: command, arg: jsonText(named) };
  if (link === undefined || extras.length === 0) return jsonText(common);
  return jsonText({ ...common, ext: { v: linkVersion, extras, url: link } });
}

/**
 * By what a started symbol is known until it is stopped: functions by their name and the thread that calls them, others
 * by their place.
 */
export function commandKey({ pluginType, symbolName, meta, link }: ControlArgument): string {
  return pluginType === 'func'
    ? `func ${symbolName} ${link ?? ''}`
    : `${pluginType} ${meta.ruleId}/${meta.opId}/${meta.instanceId}/${symbolName}`;
}

/** Why a plugin has refused a command: the thread that listened there is gone. */
export function isLinkGone(why: string): boolean {
  return why.includes('no engine at ');
}

/** Sources end by themselves, and some SDKs then do not know what to stop. */
export function isGoneAlready(reply: string): boolean {
  return /^symbol .* not found$/.test(reply);
}

/** What of `handshake {"v":2,"extras":["state"]}` is known here; nothing for a plain handshake. */
export function negotiatedExtras(handshake: Buffer): readonly string[] {
  const start = handshake.indexOf('{');
  if (start < 0 || !handshake.toString('utf8', 0, start).startsWith('handshake')) return [];
  try {
    const { extras } = JSON.parse(handshake.toString('utf8', start)) as { extras?: unknown };
    return Array.isArray(extras) ? knownExtras.filter((extra) => extras.includes(extra)) : [];
  } catch {
    return [];
  }
}
