/** TLS properties that all network connectors share. Source: behaviour spec, io §12. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SecureVersion } from 'node:tls';
import { type Prop, type Props, prop } from '@kuiper/base';
import { connectorErrors } from './errors.ts';

export type TlsSchema = {
  readonly certificationPath: Prop<string>;
  readonly privateKeyPath: Prop<string>;
  readonly rootCaPath: Prop<string>;
  readonly certificationRaw: Prop<string>;
  readonly privateKeyRaw: Prop<string>;
  readonly rootCARaw: Prop<string>;
  readonly insecureSkipVerify: Prop<boolean>;
  readonly tlsMinVersion: Prop<string>;
  readonly renegotiationSupport: Prop<string>;
  readonly tls: Prop<string>;
};

const connection = true;
const advanced = true;

export const tlsProps: TlsSchema = {
  certificationPath: prop.string({
    default: '',
    connection,
    label: { en: 'Certificate path', zh: '证书路径' },
    about: { en: 'PEM file, relative to the server root.', zh: 'PEM 文件，相对于服务器根目录。' },
  }),
  privateKeyPath: prop.string({
    default: '',
    connection,
    label: { en: 'Private key path', zh: '私钥路径' },
    about: { en: 'PEM file, relative to the server root.', zh: 'PEM 文件，相对于服务器根目录。' },
  }),
  rootCaPath: prop.string({
    default: '',
    connection,
    label: { en: 'Root CA path', zh: '根证书路径' },
    about: { en: 'PEM file, relative to the server root.', zh: 'PEM 文件，相对于服务器根目录。' },
  }),
  certificationRaw: prop.string({
    default: '',
    connection,
    advanced,
    label: { en: 'Certificate', zh: '证书' },
    about: { en: 'Base64 of the PEM text, when there is no path.', zh: '未设置路径时使用的 PEM 文本的 Base64。' },
  }),
  privateKeyRaw: prop.string({
    default: '',
    connection,
    advanced,
    secret: true,
    label: { en: 'Private key', zh: '私钥' },
    about: { en: 'Base64 of the PEM text, when there is no path.', zh: '未设置路径时使用的 PEM 文本的 Base64。' },
  }),
  rootCARaw: prop.string({
    default: '',
    connection,
    advanced,
    label: { en: 'Root CA', zh: '根证书' },
    about: { en: 'Base64 of the PEM text, when there is no path.', zh: '未设置路径时使用的 PEM 文本的 Base64。' },
  }),
  insecureSkipVerify: prop.bool({
    default: false,
    connection,
    label: { en: 'Skip certificate check', zh: '跳过证书验证' },
    about: { en: 'Accepts any certificate of the other side.', zh: '接受对方的任何证书。' },
  }),
  tlsMinVersion: prop.string({
    default: 'tls1.2',
    connection,
    advanced,
    label: { en: 'Lowest TLS version', zh: 'TLS 最低版本' },
    about: { en: 'tls1.0, tls1.1, tls1.2 or tls1.3.', zh: 'tls1.0、tls1.1、tls1.2 或 tls1.3。' },
  }),
  renegotiationSupport: prop.string({
    default: 'never',
    connection,
    advanced,
    label: { en: 'Renegotiation', zh: '重新协商' },
    about: { en: 'never, once or freely.', zh: 'never、once 或 freely。' },
  }),
  tls: prop.string({
    default: '',
    connection,
    advanced,
    label: { en: 'TLS configuration', zh: 'TLS 配置' },
    about: { en: '`default` uses the TLS configuration of the server.', zh: '`default` 表示使用服务器的 TLS 配置。' },
  }),
};

/** As `tls.connect` takes them. PEM texts. */
export interface TlsOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: SecureVersion;
}

const versions: Readonly<Record<string, SecureVersion>> = {
  'tls1.0': 'TLSv1',
  'tls1.1': 'TLSv1.1',
  'tls1.2': 'TLSv1.2',
  'tls1.3': 'TLSv1.3',
};

/**
 * Reads the key material. Throws when a file cannot be read, or a certificate comes without its key.
 * @param shared what `tls: default` stands for, null when the server has no TLS configuration
 */
export function loadTlsOptions(p: Props<TlsSchema>, rootPath: string, shared: TlsOptions | null = null): TlsOptions {
  if (p.tls !== '') {
    if (p.tls !== 'default') throw connectorErrors.TLS_UNKNOWN(p.tls);
    if (shared === null) throw connectorErrors.TLS_DEFAULT_ABSENT();
    return shared;
  }
  const cert = pem(p.certificationPath, p.certificationRaw, rootPath);
  const key = pem(p.privateKeyPath, p.privateKeyRaw, rootPath);
  const ca = pem(p.rootCaPath, p.rootCARaw, rootPath);
  if (cert !== null && key === null) throw connectorErrors.TLS_CERT_WITHOUT_KEY();
  return {
    ...(cert === null || key === null ? {} : { cert, key }),
    ...(ca === null ? {} : { ca }),
    rejectUnauthorized: !p.insecureSkipVerify,
    minVersion: versions[p.tlsMinVersion] ?? 'TLSv1.2',
  };
}

function pem(path: string, raw: string, rootPath: string): string | null {
  if (path !== '') return readFileSync(resolve(rootPath, path), 'utf8');
  return raw === '' ? null : Buffer.from(raw, 'base64').toString('utf8');
}
