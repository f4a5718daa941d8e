/** The version that clients see: the protocol generation we are compatible with. */
export const version = '2.4.1';
