/** The guard of outgoing requests against private networks, with the error of connectors. */
import { type PrivateNetworkGuard, privateNetworkGuard } from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';

export const privateNetwork: PrivateNetworkGuard = privateNetworkGuard(connectorErrors.PRIVATE_NETWORK);
