/** The plugin's end of a channel on which the engine drives. Source: behaviour spec, extension §4.5. */
import type { ReqSocket } from './sp/req-socket.ts';

/** Whoever hears nothing for so long says that it is there. */
const KEEP_ALIVE_MS = 5000;

/** Answers commands until the socket is closed. @param answer never rejects */
export async function answerCommands(
  socket: ReqSocket,
  greeting: string,
  answer: (command: Buffer) => Promise<string>,
): Promise<void> {
  let body = greeting;
  for (;;) {
    let command: Buffer;
    try {
      command = await socket.request(body, KEEP_ALIVE_MS);
    } catch (error) {
      if ((error as { id?: unknown }).id !== 'RECEIVE_TIME_OUT') return;
      body = greeting;
      continue;
    }
    body = await answer(command);
  }
}
