/** What both ends may agree on beyond the common protocol. Source: portable protocol, "Handshake". */

export const linkVersion = 2;

/** Everything that this engine knows. */
export const knownExtras: readonly string[] = ['batch', 'binary', 'state', 'validate', 'lookup', 'props', 'instances'];
