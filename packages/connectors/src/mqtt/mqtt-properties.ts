/** The properties of an MQTT connection, shared by source, sink and named connections. Source: behaviour spec, io §14.1. */
import { type Prop, type Props, prop } from '@kuiper/base';
import { connectionSelector } from '../connection-selector.ts';
import { connectorErrors } from '../errors.ts';
import { type TlsSchema, tlsProps } from '../tls-options.ts';

export type MqttConnectionSchema = TlsSchema & {
  readonly server: Prop<string>;
  readonly protocolVersion: Prop<string>;
  readonly clientid: Prop<string>;
  readonly username: Prop<string>;
  readonly password: Prop<string>;
  readonly enableClientSession: Prop<boolean>;
  readonly clientStatePath: Prop<string>;
  readonly sessionExpiryIntervalSeconds: Prop<number>;
};

const connection = true;

export const mqttConnectionProps: MqttConnectionSchema = {
  server: prop.string({
    default: '',
    connection,
    example: 'tcp://127.0.0.1:1883',
    label: { en: 'Server address', zh: '服务器地址' },
    about: {
      en: 'tcp, mqtt, ssl, tls, mqtts, ws or wss, then host and port.',
      zh: '协议（tcp、mqtt、ssl、tls、mqtts、ws 或 wss）、主机和端口。',
    },
  }),
  protocolVersion: prop.string({
    default: '3.1.1',
    connection,
    options: ['3.1', '3.1.1', '4', '5'],
    label: { en: 'MQTT version', zh: 'MQTT 版本' },
    about: { en: '3.1, 3.1.1 or 5.', zh: '3.1、3.1.1 或 5。' },
  }),
  clientid: prop.string({
    default: '',
    connection,
    label: { en: 'Client ID', zh: '客户端 ID' },
    about: { en: 'A random one when empty. Each connection needs its own.', zh: '为空时随机生成。每个连接必须不同。' },
  }),
  username: prop.string({
    default: '',
    connection,
    label: { en: 'Username', zh: '用户名' },
    about: { en: 'Name at the broker.', zh: '连接服务器的用户名。' },
  }),
  password: prop.string({
    default: '',
    connection,
    secret: true,
    label: { en: 'Password', zh: '密码' },
    about: { en: 'Password at the broker.', zh: '连接服务器的密码。' },
  }),
  enableClientSession: prop.bool({
    default: false,
    connection,
    label: { en: 'Keep session', zh: '保持会话' },
    about: {
      en: 'The broker keeps subscriptions and messages while the client is away.',
      zh: '客户端离线期间服务器保留订阅和消息。',
    },
  }),
  clientStatePath: prop.string({
    default: '',
    connection,
    advanced: true,
    label: { en: 'Client state path', zh: '客户端状态路径' },
    about: {
      en: 'Accepted for compatibility; messages are acknowledged only when they are safe.',
      zh: '仅为兼容而保留；消息在处理完成后才被确认。',
    },
  }),
  sessionExpiryIntervalSeconds: prop.int({
    default: 60,
    connection,
    advanced: true,
    label: { en: 'Session expiry (s)', zh: '会话过期时间（秒）' },
    about: { en: 'How long the broker keeps a session; MQTT 5.', zh: '服务器保留会话的时间，用于 MQTT 5。' },
  }),
  ...tlsProps,
};

export type MqttClientSchema = MqttConnectionSchema & { readonly connectionSelector: Prop<string> };

/** What source and sink have: the connection's own properties, or the name of one. */
export const mqttClientProps: MqttClientSchema = { ...mqttConnectionProps, connectionSelector };

export type MqttConnectionProps = Props<MqttConnectionSchema>;

export type MqttLevel = 3 | 4 | 5;

/** The protocol level on the wire. Throws `unsupported protocol version X`. */
export function protocolLevel(version: string): MqttLevel {
  switch (version) {
    case '3.1':
      return 3;
    case '3.1.1':
    case '4':
      return 4;
    case '5':
      return 5;
    default:
      throw connectorErrors.MQTT_PROTOCOL(version);
  }
}

const schemes: Readonly<Record<string, 'mqtt' | 'mqtts' | 'ws' | 'wss'>> = {
  'tcp:': 'mqtt',
  'mqtt:': 'mqtt',
  'ssl:': 'mqtts',
  'tls:': 'mqtts',
  'mqtts:': 'mqtts',
  'ws:': 'ws',
  'wss:': 'wss',
};

export interface MqttAddress {
  /** Scheme, host, port and path as the client library wants them. */
  readonly url: string;
  readonly isSecure: boolean;
  /** `host:port` for messages. */
  readonly dial: string;
}

/** Throws `missing server property`, or what is wrong with the address. */
export function parseServer(server: string): MqttAddress {
  if (server === '') throw connectorErrors.MQTT_SERVER_MISSING();
  const match = /^([a-z]+:)\/\/(.+)$/i.exec(server);
  const scheme = schemes[match?.[1]?.toLowerCase() ?? ''];
  let rest: URL;
  try {
    if (scheme === undefined) throw connectorErrors.MQTT_SERVER(server);
    rest = new URL(`http://${match?.[2]}`);
  } catch (error) {
    throw connectorErrors.MQTT_SERVER(server, { cause: error });
  }
  const isSecure = scheme === 'mqtts' || scheme === 'wss';
  const standardPort = { mqtt: '1883', mqtts: '8883', ws: '80', wss: '443' }[scheme];
  // the parser of http addresses drops port 80, which is not the standard of mqtt
  const explicit = /:(\d+)(?:[/?#]|$)/.exec((match?.[2] ?? '').replace(/^.*@/, '').replace(/^\[[^\]]*\]/, ''))?.[1];
  const port = explicit ?? standardPort;
  return {
    url: `${scheme}://${rest.hostname}:${port}${scheme.startsWith('ws') ? rest.pathname + rest.search : ''}`,
    isSecure,
    dial: `${rest.hostname}:${port}`,
  };
}

/** Checks what can be checked without dialing; a selected connection has been checked by its own declaration. */
export function checkMqttConnection(p: Props<MqttClientSchema>): void {
  if (p.connectionSelector !== '' && p.server === '') return;
  parseServer(p.server);
  protocolLevel(p.protocolVersion);
}
