/** What a tap delivers, as JSON text. A sink of bytes is shown what it was sent: text that mostly is JSON already. */
import { jsonText } from '@kuiper/base';

/** The payload or rows of one event as a JSON value. */
export function tapJson(data: unknown): string {
  if (data instanceof Uint8Array) return jsonText(data);
  if (typeof data !== 'string') return jsonText(data);
  try {
    JSON.parse(data);
    return data;
  } catch {
    return jsonText(data);
  }
}

/** Always a JSON list. */
export function tapRows(data: unknown): string {
  const text = tapJson(data);
  return text.startsWith('[') ? text : `[${text}]`;
}
