/** What both ends of a portable plugin speak: nanomsg sockets. Loads nothing of the runtime of plugins. */
export { spErrors } from './sp/errors.ts';
export type { FrameBatch } from './sp/frame-reader.ts';
export { NO_ID, type SpBody } from './sp/frame-writer.ts';
export { PullSocket } from './sp/pull-socket.ts';
export { PushSocket, type PushOptions } from './sp/push-socket.ts';
export { ReqSocket } from './sp/req-socket.ts';
export { isRequestId, nextRequestId } from './sp/request-id.ts';
export { parseSpAddress } from './sp/sp-address.ts';
export { SpDialer } from './sp/sp-dialer.ts';
export { SpListener } from './sp/sp-listener.ts';
export type { SpOptions, SpPipe } from './sp/sp-pipe.ts';
export { SpProtocol } from './sp/sp-protocol.ts';
export { MessageReader } from './message-reader.ts';
export { MessageWriter, type WholeNumbers } from './message-writer.ts';
