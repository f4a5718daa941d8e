import { type Prop, prop } from '@kuiper/base';

/** The property that names a connection to use instead of a private one. Source: behaviour spec, io §11.1. */
export const connectionSelector: Prop<string> = prop.string({
  default: '',
  label: { en: 'Connection', zh: '连接' },
  about: { en: 'A named connection to use.', zh: '使用已命名的连接。' },
});
