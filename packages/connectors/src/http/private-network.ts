/**
 * The guard against requests into private networks: addresses are checked when a connection is made, after the name
 * has been resolved, so no name can point inside. Source: behaviour spec, io §14.2.
 */
import { type LookupAddress, type LookupOptions, lookup as resolveName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { connectorErrors } from '../errors.ts';

const internal = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const) {
  internal.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  internal.addSubnet(network, prefix, 'ipv6');
}

/** True for loopback, private, link-local, multicast and unspecified addresses. False for what is no address. */
export function isPrivateAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  if (family === 0) return false;
  return internal.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/** Throws `ip X is in internal network`. */
export function refusePrivateAddress(address: string): void {
  if (isPrivateAddress(address)) throw connectorErrors.PRIVATE_NETWORK(address.replace(/^\[|\]$/g, ''));
}

/** Resolves like `dns.lookup`, and fails when any address found is private. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  const done = (error: NodeJS.ErrnoException | null, found: string | LookupAddress[], family?: number): void => {
    if (error === null) {
      for (const address of typeof found === 'string' ? [found] : found.map((entry) => entry.address)) {
        if (!isPrivateAddress(address)) continue;
        callback(connectorErrors.PRIVATE_NETWORK(address) as Error, '', 0);
        return;
      }
    }
    callback(error, found, family);
  };
  resolveName(hostname, options as LookupOptions, done);
};
