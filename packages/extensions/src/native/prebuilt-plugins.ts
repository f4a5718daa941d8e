/** What `GET /plugins/<type>/prebuild` lists. Source: behaviour spec, rest-cli-config §4.14. */
import type { NativeType } from './native-installer.ts';

const prebuiltPlugins: Readonly<Record<NativeType, readonly string[]>> = {
  sources: ['random', 'zmq', 'sql', 'video', 'kafka'],
  sinks: ['image', 'influx', 'influx2', 'zmq', 'kafka', 'sql'],
  functions: ['accumulateWordCount', 'countPlusOne', 'echo', 'geohash', 'image', 'labelImage', 'tfLite'],
};

export interface PrebuiltQuery {
  /** `basic.pluginHosts`: addresses separated by commas. */
  readonly hosts: string;
  /** Of the server. */
  readonly version: string;
  /** `debian` or `alpine`. */
  readonly system: string;
  /** As the packages call it: `amd64`, `arm64`, `386`. */
  readonly architecture: string;
}

/** Addresses by plugin; of several hosts the last one counts. */
export function prebuiltUrls(type: NativeType, query: PrebuiltQuery): Record<string, string> {
  const urls: Record<string, string> = {};
  for (const host of query.hosts.split(',')) {
    const address = host.trim().replace(/\/+$/, '');
    if (address === '') continue;
    const folder = `${address}/kuiper-plugins/${query.version}/${query.system}/${type}`;
    for (const name of prebuiltPlugins[type]) urls[name] = `${folder}/${name}_${query.architecture}.zip`;
  }
  return urls;
}
