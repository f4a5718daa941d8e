/**
 * Sink `file`: appends each output to a file, rolling by age, count and size. Source: behaviour spec, io §15.3.
 *
 * An output is safe when the operating system has it. Deliberately unlike the reference: a file that exists is
 * continued, not emptied, and data never waits in a buffer of ours.
 */
import { errorText, prop, type Props, type Timer } from '@kuiper/base';
import {
  defineSink,
  type ItemProps,
  type OpenSink,
  type Payload,
  type SinkContext,
  type SinkDeclaration,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import type { SinkFileType } from './file-layout.ts';
import { RollingFile } from './rolling-file.ts';
import { createCompressor, type SinkCompression } from './stored-file.ts';

const props = {
  path: prop.string({
    default: 'cache',
    example: 'data/results.log',
    label: { en: 'Path', zh: '路径' },
    about: { en: 'The file; may be a template.', zh: '文件路径，可以使用模板。' },
  }),
  fileType: prop.string({
    default: 'lines',
    options: ['lines', 'json', 'csv'],
    label: { en: 'File type', zh: '文件类型' },
    about: { en: 'lines, a json array, or csv.', zh: 'lines、json 数组或 csv。' },
  }),
  format: prop.string({ default: 'json', label: { en: 'Format', zh: '格式' } }),
  hasHeader: prop.bool({
    default: false,
    label: { en: 'Header', zh: '文件头' },
    about: { en: 'A csv file starts with the names of its columns.', zh: 'csv 文件以列名开头。' },
  }),
  delimiter: prop.string({
    default: ',',
    label: { en: 'Delimiter', zh: '分隔符' },
    about: { en: 'Between csv fields.', zh: 'csv 字段的分隔符。' },
  }),
  fields: prop.strings({
    default: [],
    label: { en: 'Columns', zh: '列' },
    about: { en: 'Columns of a csv file, in order.', zh: 'csv 文件的列，按顺序排列。' },
  }),
  rollingInterval: prop.duration({
    default: 0,
    label: { en: 'Rolling interval', zh: '滚动间隔' },
    about: { en: 'A file older than this is closed; 0 for no limit.', zh: '超过该时间的文件将被关闭，0 表示不限制。' },
  }),
  rollingCount: prop.int({
    default: 1_000_000,
    label: { en: 'Rolling count', zh: '滚动条数' },
    about: {
      en: 'A file with so many messages is closed; 0 for no limit.',
      zh: '达到该消息数的文件将被关闭，0 表示不限制。',
    },
  }),
  rollingSize: prop.int({
    default: 0,
    label: { en: 'Rolling size', zh: '滚动大小' },
    about: {
      en: 'A file of so many bytes is closed; 0 for no limit.',
      zh: '达到该字节数的文件将被关闭，0 表示不限制。',
    },
  }),
  checkInterval: prop.duration({
    default: '5m',
    advanced: true,
    label: { en: 'Check interval', zh: '检查间隔' },
    about: { en: 'How often the age of files is checked.', zh: '检查文件时间的间隔。' },
  }),
  rollingNamePattern: prop.string({
    default: '',
    options: ['', 'prefix', 'suffix', 'none'],
    label: { en: 'Rolling names', zh: '滚动文件名' },
    about: {
      en: 'Where the time goes in the file name: prefix, suffix or none.',
      zh: '时间在文件名中的位置：prefix、suffix 或 none。',
    },
  }),
  rollingHook: prop.string({
    default: '',
    advanced: true,
    label: { en: 'Rolling hook', zh: '滚动钩子' },
    about: { en: 'An extension that is told about closed files.', zh: '文件关闭后通知的扩展。' },
  }),
  compression: prop.string({
    default: '',
    options: ['', 'gzip', 'zstd'],
    label: { en: 'Compression', zh: '压缩' },
    about: { en: 'gzip or zstd.', zh: 'gzip 或 zstd。' },
  }),
  encryption: prop.string({
    default: '',
    options: ['', 'aes'],
    label: { en: 'Encryption', zh: '加密' },
    about: { en: 'aes, with the key of the server.', zh: 'aes，使用服务器的密钥。' },
  }),
};

type FileSinkProps = Props<typeof props>;

const namePatterns = ['', 'none', 'prefix', 'suffix'];

/** @param aesKey the server's key, null when it has none */
export function fileSink(aesKey: Uint8Array | null): SinkDeclaration {
  return defineSink({
    type: 'file',
    about: { en: 'Appends each output to a file.', zh: '将每条结果追加到文件。' },
    accepts: 'bytes',
    compresses: true,
    props,
    dynamic: ['path'],
    check(p) {
      if (p.path === '') throw connectorErrors.SINK_PATH();
      if (!['json', 'csv', 'lines'].includes(p.fileType)) throw connectorErrors.SINK_FILE_TYPE();
      if (p.fileType === 'csv' && p.format.toLowerCase() !== 'delimited') throw connectorErrors.SINK_CSV_FORMAT();
      for (const name of ['rollingInterval', 'rollingCount', 'rollingSize', 'checkInterval'] as const) {
        if (p[name] < 0) throw connectorErrors.SINK_NEGATIVE(name);
      }
      if (p.rollingInterval === 0 && p.rollingCount === 0 && p.rollingSize === 0)
        throw connectorErrors.SINK_NO_ROLLING();
      if (!namePatterns.includes(p.rollingNamePattern)) throw connectorErrors.SINK_NAME_PATTERN();
      if (p.rollingHook !== '') throw connectorErrors.SINK_HOOK(p.rollingHook);
      if (!['', 'gzip', 'zstd'].includes(p.compression)) throw connectorErrors.SINK_COMPRESSION();
      createCompressor(p.compression as SinkCompression)?.destroy();
      if (p.encryption !== '' && p.encryption !== 'aes') throw connectorErrors.SINK_ENCRYPTION(p.encryption);
      if (p.encryption === 'aes' && aesKey === null) throw connectorErrors.SINK_AES_KEY();
    },
    open(context, p) {
      context.status('connected');
      return new FileSink(context, p, p.encryption === 'aes' ? aesKey : null);
    },
  });
}

class FileSink implements OpenSink {
  readonly #context: SinkContext;
  readonly #props: FileSinkProps;
  readonly #aesKey: Uint8Array | null;
  /** One writer per rendered path. */
  readonly #files = new Map<string, RollingFile>();
  #timer: Timer | null = null;
  #busy: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(context: SinkContext, p: FileSinkProps, aesKey: Uint8Array | null) {
    this.#context = context;
    this.#props = p;
    this.#aesKey = aesKey;
    if (p.rollingInterval > 0) this.#checkLater();
  }

  write(items: SinkItems): Promise<void> {
    return this.#exclusive(() => this.#write(items));
  }

  async end(): Promise<void> {
    await this.#exclusive(() => this.#closeFiles());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    await this.#exclusive(() => this.#closeFiles());
  }

  /** Writing, rolling by age and closing take turns. */
  #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(run);
    this.#busy = done.catch(() => {});
    return done;
  }

  async #write(items: SinkItems): Promise<void> {
    if (items.kind !== 'bytes') throw new SinkWriteError('file takes bytes', { index: 0, recoverable: false });
    const { payloads, props: dynamic } = items;
    let start = 0;
    while (start < payloads.length) {
      const path = pathOf(dynamic, start) ?? this.#props.path;
      let end = start + 1;
      while (end < payloads.length && (pathOf(dynamic, end) ?? this.#props.path) === path) end++;
      await this.#append(path, payloads, start, end);
      start = end;
    }
  }

  async #append(path: string, payloads: readonly Payload[], start: number, end: number): Promise<void> {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = this.#createFile(path);
      this.#files.set(path, file);
    }
    let written = start;
    try {
      while (written < end) written = await file.append(payloads, written, end);
    } catch (error) {
      // the medium may come back: a full disk, a share that went away
      throw new SinkWriteError(errorText(error), { index: written, recoverable: true, cause: error });
    }
  }

  #createFile(path: string): RollingFile {
    const p = this.#props;
    return new RollingFile({
      clock: this.#context.clock,
      rootPath: this.#context.rootPath,
      path,
      type: p.fileType as SinkFileType,
      hasHeader: p.hasHeader,
      delimiter: p.delimiter,
      fields: p.fields,
      rollingCount: p.rollingCount,
      rollingSizeBytes: p.rollingSize,
      namePattern: p.rollingNamePattern,
      compression: p.compression as SinkCompression,
      aesKey: this.#aesKey,
    });
  }

  async #closeFiles(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    for (const file of files) await file.close();
  }

  #checkLater(): void {
    const { clock } = this.#context;
    const { rollingInterval, checkInterval } = this.#props;
    const waitMs = checkInterval > 0 ? Math.min(checkInterval, rollingInterval) : rollingInterval;
    this.#timer = clock.setTimer(clock.now() + waitMs, () => {
      if (this.#closed) return;
      this.#exclusive(() => this.#rollOld()).catch((error: unknown) => {
        this.#context.logger.error(`cannot roll files: ${errorText(error)}`);
      });
      this.#checkLater();
    });
  }

  async #rollOld(): Promise<void> {
    const now = this.#context.clock.now();
    for (const [path, file] of this.#files) {
      if (now - file.openedAtMs < this.#props.rollingInterval) continue;
      this.#files.delete(path);
      await file.close();
    }
  }
}

function pathOf(dynamic: readonly ItemProps[] | null, i: number): string | undefined {
  return dynamic?.[i]?.['path'];
}
