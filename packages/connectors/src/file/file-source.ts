/**
 * Source `file`: a file, or the files of a directory in the order they were changed. Source: behaviour spec, io §14.4.
 *
 * With an interval everything is read again on each tick; without, a file is read once and the stream ends, and a
 * directory is watched. Files are deleted or moved only when their messages are safe, and after a crash reading goes
 * on behind the last safe message.
 */
import { prop, type Props } from '@kuiper/base';
import { defineSource, type SourceDeclaration } from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import { findPath } from './file-path.ts';
import { FileSubscription } from './file-subscription.ts';

const props = {
  path: prop.string({
    default: '',
    example: 'data',
    label: { en: 'Directory', zh: '目录' },
    about: { en: 'Absolute, or relative to the server root.', zh: '绝对路径，或相对于服务器根目录的路径。' },
  }),
  fileType: prop.string({
    default: 'json',
    options: ['json', 'csv', 'lines', 'raw'],
    label: { en: 'File type', zh: '文件类型' },
    about: {
      en: 'lines: a message per line; csv: a row per record; others: the whole file is one message.',
      zh: 'lines 每行一条消息；csv 每条记录一行数据；其他类型整个文件为一条消息。',
    },
  }),
  interval: prop.duration({
    default: 0,
    label: { en: 'Interval', zh: '读取间隔' },
    about: { en: 'How often everything is read again; 0 reads once.', zh: '重新读取的间隔，0 表示只读取一次。' },
  }),
  sendInterval: prop.duration({
    default: 0,
    label: { en: 'Send interval', zh: '发送间隔' },
    about: { en: 'Pause between two messages.', zh: '两条消息之间的间隔。' },
  }),
  actionAfterRead: prop.int({
    default: 0,
    options: [0, 1, 2],
    label: { en: 'After reading', zh: '读取后动作' },
    about: { en: '0 keeps the file, 1 deletes it, 2 moves it.', zh: '0 保留文件，1 删除文件，2 移动文件。' },
  }),
  moveTo: prop.string({
    default: '',
    label: { en: 'Move to', zh: '移动到' },
    about: { en: 'Directory for files that have been read.', zh: '已读取文件的目标目录。' },
  }),
  ignoreStartLines: prop.int({
    default: 0,
    label: { en: 'Lines to skip at the start', zh: '忽略开头行数' },
    about: { en: 'Blank lines count.', zh: '空行也计算在内。' },
  }),
  ignoreEndLines: prop.int({
    default: 0,
    label: { en: 'Lines to skip at the end', zh: '忽略结尾行数' },
    about: { en: 'Blank lines count.', zh: '空行也计算在内。' },
  }),
  hasHeader: prop.bool({
    default: false,
    label: { en: 'Header', zh: '文件头' },
    about: { en: 'The first record of a csv file names the columns.', zh: 'csv 文件的第一条记录为列名。' },
  }),
  columns: prop.strings({
    default: [],
    label: { en: 'Columns', zh: '列名' },
    about: { en: 'Names of csv columns without a header.', zh: '没有文件头时 csv 的列名。' },
  }),
  delimiter: prop.string({
    default: '',
    label: { en: 'Delimiter', zh: '分隔符' },
    about: { en: 'Between csv fields; a comma when empty.', zh: 'csv 字段的分隔符，默认为逗号。' },
  }),
  decompression: prop.string({
    default: '',
    label: { en: 'Decompression', zh: '解压缩' },
    about: { en: 'For files that are one message.', zh: '用于整个文件为一条消息的类型。' },
  }),
};

export type FileSourceProps = Props<typeof props>;

const lineTypes = new Set(['csv', 'lines', 'parquet']);

/**
 * @param rootPath where relative paths start when a rule is created: a file that is missing then refuses the rule
 */
export function fileSource(rootPath: string): SourceDeclaration {
  return defineSource({
    type: 'file',
    about: { en: 'Reads files.', zh: '读取文件。' },
    emits: 'bytes',
    mode: 'pull',
    backpressure: 'pause',
    replays: true,
    dataSource: {
      about: { en: 'File or directory below the path', zh: '路径下的文件或目录' },
      required: false,
      example: 'events.json',
    },
    props,
    check(p, dataSource) {
      if (p.path === '') throw connectorErrors.PATH_MISSING();
      if (p.fileType === 'parquet') throw connectorErrors.FILE_TYPE_ABSENT(p.fileType);
      if (p.decompression !== '' && lineTypes.has(p.fileType)) throw connectorErrors.FILE_DECOMPRESSION(p.fileType);
      if (![0, 1, 2].includes(p.actionAfterRead)) throw connectorErrors.ACTION_AFTER_READ(p.actionAfterRead);
      if (p.actionAfterRead === 2 && p.moveTo === '') throw connectorErrors.MOVE_TO_MISSING();
      findPath(rootPath, p.path, dataSource);
    },
    open: (context, p, dataSource) => FileSubscription.open(context, p, dataSource),
  });
}
