import { randomBytes } from 'node:crypto';
import type { Payload } from '@kuiper/sdk';

/** A `multipart/form-data` body: one file part, then the fields. */
export function multipartBody(
  fileField: string,
  fileName: string,
  content: Payload,
  fields: Readonly<Record<string, string>>,
): { readonly contentType: string; readonly body: Buffer } {
  const boundary = randomBytes(24).toString('hex');
  const parts: (string | Uint8Array)[] = [
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(fileField)}"; filename="${quoted(fileName)}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    content,
    '\r\n',
  ];
  for (const [name, value] of Object.entries(fields)) {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`);
  }
  parts.push(`--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))),
  };
}

/** A quote or a line break in a name would end the header. */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
