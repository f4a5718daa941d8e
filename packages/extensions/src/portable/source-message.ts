/** What a source of a plugin sends: a row with its metadata, or an error. Source: behaviour spec, extension §4.7. */
import { errorText, type Row } from '@kuiper/base';
import { portableErrors } from './errors.ts';

export type SourceMessage =
  | { readonly row: Row; readonly meta: Readonly<Record<string, unknown>> | null }
  | { readonly error: Error };

/** Shown of a message that cannot be read, in characters. */
const SHOWN = 512;

/** Numbers are floats. Never throws. */
export function readSourceMessage(text: string): SourceMessage {
  try {
    const value: unknown = JSON.parse(text);
    // The Go SDK sends errors as a JSON text within a JSON text.
    const envelope = typeof value === 'string' ? parseOrNull(value) : value;
    if (!isMap(envelope)) return { error: undecodable(text, 'not an object') };
    const { message, meta, error } = envelope;
    if (typeof error === 'string' && message === undefined) return { error: new Error(error) };
    if (typeof value === 'string') return { error: undecodable(text, 'not an object') };
    if (message !== undefined && message !== null && !isMap(message)) {
      return { error: undecodable(text, 'message is not an object') };
    }
    return { row: message ?? {}, meta: isMap(meta) ? meta : null };
  } catch (error) {
    return { error: undecodable(text, errorText(error)) };
  }
}

function undecodable(text: string, why: string): Error {
  return portableErrors.DATA_UNDECODABLE(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text, why);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
