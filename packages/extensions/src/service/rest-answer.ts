/** Answers of REST services. Source: behaviour spec, extension §6.4. */
import { makeRowError, rowError } from '@kuiper/base';
import { callFailure } from './errors.ts';
import type { HttpAnswer } from './http-client.ts';
import type { MessageType } from './message-type.ts';
import { resultOfPlain, resultOfText } from './message-result.ts';

const badGateway = 502;
const unavailable = 503;
const gatewayTimeout = 504;

/** Throws for what is no success. */
export function checkStatus({ status, text }: HttpAnswer): void {
  if (status >= 200 && status < 300) return;
  const isAway = status === badGateway || status === unavailable || status === gatewayTimeout;
  const why = `http executor fails to err http return code: ${status} and error message ${text}`;
  throw isAway ? callFailure('away', why) : makeRowError(why);
}

/**
 * The value of an answer with this output message.
 * @param field where the rule names a `response_body`, the answer is this field of the message; else empty
 */
export function messageOfAnswer(type: MessageType, field: string, answer: HttpAnswer): unknown {
  checkStatus(answer);
  if (type.form === 'empty') return {};
  if (answer.contentType.startsWith('application/json')) {
    const value = parse(answer.text);
    return resultOfPlain(type, field === '' ? value : { [field]: value });
  }
  if (answer.contentType.startsWith('text/plain') && type.form === 'wrapper') return resultOfText(type, answer.text);
  return rowError(`unsupported resposne content type ${answer.contentType}`);
}

/** Without a schema: JSON where the text is JSON, else the text. */
export function plainAnswer(answer: HttpAnswer): unknown {
  checkStatus(answer);
  try {
    return JSON.parse(answer.text);
  } catch {
    return answer.text;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return rowError(`invalid json in the answer: ${(error as Error).message}`);
  }
}
