/**
 * The guard against requests into private networks: addresses are checked when a connection is made, after the name
 * has been resolved, so no name can point inside. Source: behaviour spec, io §14.2.
 */
import { type LookupAddress, type LookupOptions, lookup as resolveName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

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
  const bare = bareAddress(address);
  const family = isIP(bare);
  if (family === 0) return false;
  return internal.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

export interface PrivateNetworkGuard {
  /** Throws when the host is written as a private address. */
  refuse(host: string): void;
  /** Resolves like `dns.lookup`, and fails when any address found is private. */
  readonly lookup: LookupFunction;
}

/** @param failure the error for an address, which stands without brackets */
export function privateNetworkGuard(failure: (address: string) => Error): PrivateNetworkGuard {
  return {
    refuse(host) {
      if (isPrivateAddress(host)) throw failure(bareAddress(host));
    },
    lookup(hostname, options, callback) {
      resolveName(hostname, options as LookupOptions, (error, found: string | LookupAddress[], family?: number) => {
        const addresses = typeof found === 'string' ? [found] : (found ?? []).map((entry) => entry.address);
        const bad = error === null ? addresses.find(isPrivateAddress) : undefined;
        if (bad === undefined) callback(error, found, family);
        else callback(failure(bad) as NodeJS.ErrnoException, '', 0);
      });
    },
  };
}

function bareAddress(address: string): string {
  return address.replace(/^\[|\]$/g, '');
}
