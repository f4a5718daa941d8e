/** Member `options` of an interface. Source: behaviour spec, extension §6.1, §6.4 and §11; the rest is ours. */
import { decodeProps, type Prop, type PropBag, type Props, prop } from '@kuiper/base';
import { serviceErrors } from './errors.ts';

type OptionsSchema = {
  readonly headers: Prop<Readonly<Record<string, unknown>>>;
  readonly timeout: Prop<number>;
  readonly retryCount: Prop<number>;
  readonly retryInterval: Prop<number> & { readonly optional: true };
  readonly retryMultiplier: Prop<number> & { readonly optional: true };
  readonly retryMaxInterval: Prop<number>;
  readonly concurrency: Prop<number>;
  readonly shareCalls: Prop<boolean> & { readonly optional: true };
  readonly cacheTtl: Prop<number>;
  readonly cacheSize: Prop<number>;
  readonly breakerFailures: Prop<number>;
  readonly breakerPause: Prop<number>;
  readonly insecureSkipVerify: Prop<boolean>;
  readonly certificationPath: Prop<string>;
  readonly privateKeyPath: Prop<string>;
  readonly rootCaPath: Prop<string>;
  readonly certificationRaw: Prop<string>;
  readonly privateKeyRaw: Prop<string>;
  readonly rootCARaw: Prop<string>;
};

export const serviceOptionsSchema: OptionsSchema = {
  headers: prop.map({
    default: {},
    label: { en: 'Headers', zh: '请求头' },
    about: {
      en: 'Headers of each request, metadata of each gRPC call; `{{.field}}` is a field of the input.',
      zh: '每个请求的头部，或每个 gRPC 调用的元数据；`{{.field}}` 为输入消息的字段。',
    },
  }),
  timeout: prop.duration({
    default: '5s',
    label: { en: 'Timeout', zh: '超时' },
    about: { en: 'How long one attempt may take.', zh: '单次尝试的最长时间。' },
  }),
  retryCount: prop.int({
    default: 1,
    label: { en: 'Attempts', zh: '尝试次数' },
    about: {
      en: 'Attempts in total when no answer comes; less than 1 is one.',
      zh: '无响应时的总尝试次数，小于 1 表示一次。',
    },
  }),
  retryInterval: prop.duration({
    optional: true,
    label: { en: 'Pause before a retry', zh: '重试间隔' },
    about: {
      en: 'The pause before the second attempt; 100ms when absent.',
      zh: '第二次尝试前的等待时间，默认 100ms。',
    },
  }),
  retryMultiplier: prop.float({
    optional: true,
    label: { en: 'Growth of the pause', zh: '重试间隔倍数' },
    about: {
      en: 'Each further pause is so many times longer; 1 when retryInterval is given, else 2.',
      zh: '后续等待时间的倍数；设置 retryInterval 时默认 1，否则为 2。',
    },
  }),
  retryMaxInterval: prop.duration({
    default: '10s',
    label: { en: 'Longest pause', zh: '最长重试间隔' },
    about: { en: 'No pause is longer.', zh: '等待时间的上限。' },
  }),
  concurrency: prop.int({
    default: 64,
    label: { en: 'Calls in flight', zh: '并发调用数' },
    about: { en: 'Further calls of the interface wait for their turn.', zh: '超出的调用排队等待。' },
  }),
  shareCalls: prop.bool({
    optional: true,
    label: { en: 'Share answers', zh: '共享响应' },
    about: {
      en: 'Identical calls in flight share one answer; by default all but those that name a method other than GET.',
      zh: '相同的并发调用共享一个响应；默认除显式指定非 GET 方法的调用外均共享。',
    },
  }),
  cacheTtl: prop.duration({
    default: '0s',
    label: { en: 'Cache time', zh: '缓存时间' },
    about: {
      en: 'How long an answer is used again for the same call; 0 for never.',
      zh: '响应的缓存时间，0 表示不缓存。',
    },
  }),
  cacheSize: prop.int({
    default: 1000,
    label: { en: 'Cached answers', zh: '缓存条数' },
    about: { en: 'Answers kept per function.', zh: '每个函数缓存的响应数。' },
  }),
  breakerFailures: prop.int({
    default: 20,
    label: { en: 'Failures that open the breaker', zh: '熔断失败次数' },
    about: {
      en: 'After so many calls in a row without an answer, calls fail at once for a while; 0 for never.',
      zh: '连续多少次无响应后熔断，0 表示从不。',
    },
  }),
  breakerPause: prop.duration({
    default: '1s',
    label: { en: 'Pause of the breaker', zh: '熔断时间' },
    about: { en: 'How long calls fail at once before one is tried again.', zh: '熔断后多久再次尝试。' },
  }),
  insecureSkipVerify: prop.bool({
    default: false,
    label: { en: 'Skip certificate check', zh: '跳过证书验证' },
    about: { en: 'Accepts any certificate of the other side.', zh: '接受对方的任何证书。' },
  }),
  certificationPath: prop.string({
    default: '',
    label: { en: 'Certificate path', zh: '证书路径' },
    about: { en: 'PEM file, relative to the server root.', zh: 'PEM 文件，相对于服务器根目录。' },
  }),
  privateKeyPath: prop.string({
    default: '',
    label: { en: 'Private key path', zh: '私钥路径' },
    about: { en: 'PEM file, relative to the server root.', zh: 'PEM 文件，相对于服务器根目录。' },
  }),
  rootCaPath: prop.string({
    default: '',
    label: { en: 'Root CA path', zh: '根证书路径' },
    about: { en: 'PEM file, relative to the server root.', zh: 'PEM 文件，相对于服务器根目录。' },
  }),
  certificationRaw: prop.string({
    default: '',
    label: { en: 'Certificate', zh: '证书' },
    about: { en: 'Base64 of the PEM text, when there is no path.', zh: '未设置路径时使用的 PEM 文本的 Base64。' },
  }),
  privateKeyRaw: prop.string({
    default: '',
    secret: true,
    label: { en: 'Private key', zh: '私钥' },
    about: { en: 'Base64 of the PEM text, when there is no path.', zh: '未设置路径时使用的 PEM 文本的 Base64。' },
  }),
  rootCARaw: prop.string({
    default: '',
    label: { en: 'Root CA', zh: '根证书' },
    about: { en: 'Base64 of the PEM text, when there is no path.', zh: '未设置路径时使用的 PEM 文本的 Base64。' },
  }),
};

export type ServiceOptions = Omit<Props<OptionsSchema>, 'headers'> & {
  readonly headers: Readonly<Record<string, string>>;
};

/** Throws for values of a wrong kind and for those that make no sense. */
export function decodeServiceOptions(options: PropBag): ServiceOptions {
  const decoded = decodeProps(options, serviceOptionsSchema);
  for (const [name, value] of Object.entries(decoded.headers)) {
    if (typeof value !== 'string') throw serviceErrors.OPTIONS(`header ${name} must be a text`);
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw serviceErrors.OPTIONS(`header ${JSON.stringify(name)} is no name`);
    if (/[^\t\x20-\x7e]/.test(value))
      throw serviceErrors.OPTIONS(`header ${name} has characters other than printable ASCII`);
  }
  if (decoded.timeout <= 0) throw serviceErrors.OPTIONS('timeout must be more than 0');
  if (decoded.concurrency < 1) throw serviceErrors.OPTIONS('concurrency must be 1 or more');
  if ((decoded.retryMultiplier ?? 1) < 1) throw serviceErrors.OPTIONS('retryMultiplier must be 1 or more');
  return decoded as ServiceOptions;
}
