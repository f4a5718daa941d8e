import { defineErrors, ErrorCode, type ErrorSpec, type ErrorTable } from '@kuiper/base';

const user = { code: ErrorCode.general, domain: 'user' } as const;
const external = { code: ErrorCode.io, domain: 'external', retry: true } as const;

type ConnectorErrorSpecs = {
  readonly TOPIC_REQUIRED: ErrorSpec<[]>;
  readonly TOPIC_FILTER: ErrorSpec<[topic: string]>;
  readonly MEMORY_TOPIC_WILDCARD: ErrorSpec<[topic: string]>;
  readonly KEY_FIELD_REQUIRED: ErrorSpec<[]>;
  readonly KEY_FIELD_MISSING: ErrorSpec<[field: string, row: string]>;
  readonly ROWKIND: ErrorSpec<[kind: string]>;
  readonly ROWKIND_TYPE: ErrorSpec<[field: string, row: string]>;
  readonly LOOKUP_KEY_REQUIRED: ErrorSpec<[]>;
  readonly LOOKUP_TOPIC_REQUIRED: ErrorSpec<[]>;
  readonly WEBSOCKET_ENDPOINT: ErrorSpec<[]>;
  readonly WEBSOCKET_SCHEME: ErrorSpec<[scheme: string]>;
  readonly SSE_ENDPOINT: ErrorSpec<[]>;
  readonly CONNECTION_ABSENT: ErrorSpec<[id: string]>;
  readonly CONNECTION_EXISTS: ErrorSpec<[id: string]>;
  readonly CONNECTION_UNNAMED: ErrorSpec<[]>;
  readonly CONNECTION_IN_USE: ErrorSpec<[id: string, references: readonly string[]]>;
  readonly CONNECTION_INTERNAL: ErrorSpec<[id: string]>;
  readonly CONNECTION_TYPE: ErrorSpec<[id: string, type: string]>;
  readonly CONNECTION_TYPE_UNKNOWN: ErrorSpec<[]>;
  readonly TLS_CERT_WITHOUT_KEY: ErrorSpec<[]>;
  readonly TLS_UNKNOWN: ErrorSpec<[name: string]>;
  readonly TLS_DEFAULT_ABSENT: ErrorSpec<[]>;
  readonly ENDPOINT: ErrorSpec<[]>;
  readonly PUSH_METHOD: ErrorSpec<[method: string]>;
  readonly HTTP_METHOD: ErrorSpec<[method: string]>;
  readonly HTTP_BODY_TYPE: ErrorSpec<[type: string]>;
  readonly HTTP_RESPONSE_TYPE: ErrorSpec<[type: string]>;
  readonly HTTP_TIMEOUT: ErrorSpec<[]>;
  readonly HTTP_FORMAT_JSON: ErrorSpec<[]>;
  readonly HTTP_FORMAT_FORM: ErrorSpec<[]>;
  readonly URL_REQUIRED: ErrorSpec<[]>;
  readonly URL_SCHEME: ErrorSpec<[scheme: string]>;
  readonly URL_HOST: ErrorSpec<[]>;
  readonly OAUTH_ACCESS: ErrorSpec<[]>;
  readonly OAUTH_FAILED: ErrorSpec<[why: string]>;
  readonly DECOMPRESSOR: ErrorSpec<[name: string]>;
  readonly CONTENT_ENCODING_ABSENT: ErrorSpec<[]>;
  readonly RESPONSE_CODE: ErrorSpec<[status: number]>;
  readonly RESPONSE_BODY: ErrorSpec<[why: string]>;
  readonly PRIVATE_NETWORK: ErrorSpec<[address: string]>;
  readonly DATA_SERVER_LISTEN: ErrorSpec<[host: string, port: number, why: string]>;
  readonly PATH_MISSING: ErrorSpec<[]>;
  readonly PATH_INVALID: ErrorSpec<[path: string]>;
  readonly FILE_ABSENT: ErrorSpec<[path: string]>;
  readonly ACTION_AFTER_READ: ErrorSpec<[action: number]>;
  readonly MOVE_TO_MISSING: ErrorSpec<[]>;
  readonly MOVE_TO_FILE: ErrorSpec<[path: string]>;
  readonly FILE_DECOMPRESSION: ErrorSpec<[type: string]>;
  readonly FILE_TYPE_ABSENT: ErrorSpec<[type: string]>;
  readonly FILE_RESET: ErrorSpec<[]>;
  readonly CSV_QUOTE: ErrorSpec<[line: number]>;
  readonly SINK_PATH: ErrorSpec<[]>;
  readonly SINK_FILE_TYPE: ErrorSpec<[]>;
  readonly SINK_CSV_FORMAT: ErrorSpec<[]>;
  readonly SINK_NEGATIVE: ErrorSpec<[name: string]>;
  readonly SINK_NO_ROLLING: ErrorSpec<[]>;
  readonly SINK_NAME_PATTERN: ErrorSpec<[]>;
  readonly SINK_HOOK: ErrorSpec<[name: string]>;
  readonly SINK_COMPRESSION: ErrorSpec<[]>;
  readonly SINK_ENCRYPTION: ErrorSpec<[name: string]>;
  readonly SINK_AES_KEY: ErrorSpec<[]>;
  readonly ZSTD_ABSENT: ErrorSpec<[]>;
  readonly MQTT_SERVER_MISSING: ErrorSpec<[]>;
  readonly MQTT_SERVER: ErrorSpec<[server: string]>;
  readonly MQTT_PROTOCOL: ErrorSpec<[version: string]>;
  readonly MQTT_SINK_TOPIC: ErrorSpec<[]>;
  readonly MQTT_SINK_WILDCARD: ErrorSpec<[]>;
  readonly MQTT_QOS: ErrorSpec<[qos: number]>;
  readonly MQTT_EOF_MESSAGE: ErrorSpec<[]>;
  readonly MQTT_CONNECT: ErrorSpec<[server: string, why: string]>;
};

/** Errors of the built-in connectors. Texts: behaviour spec, io §§5, 11–16. */
export const connectorErrors: ErrorTable<ConnectorErrorSpecs> = defineErrors<ConnectorErrorSpecs>({
  TOPIC_REQUIRED: { ...user, text: () => 'topic is required' },
  TOPIC_FILTER: { ...user, text: (topic) => `invalid topic ${topic}: # must at the last level` },
  MEMORY_TOPIC_WILDCARD: { ...user, text: (topic) => `invalid memory topic ${topic}: wildcard found` },
  KEY_FIELD_REQUIRED: { ...user, text: () => 'keyField is required when rowkindField is set' },
  KEY_FIELD_MISSING: { ...user, text: (field, row) => `key field ${field} not found in data ${row}` },
  ROWKIND: { ...user, text: (kind) => `invalid rowkind ${kind}` },
  ROWKIND_TYPE: { ...user, text: (field, row) => `rowkind field ${field} is not a string in data ${row}` },
  LOOKUP_TOPIC_REQUIRED: { ...user, text: () => 'datasource(topic) is required' },
  LOOKUP_KEY_REQUIRED: { ...user, text: () => 'key is required for lookup source' },

  CONNECTION_ABSENT: { ...user, text: (id) => `connection ${id} not existed` },
  CONNECTION_EXISTS: { ...user, text: (id) => `connection ${id} already been created` },
  CONNECTION_UNNAMED: { ...user, text: () => 'connection id and type should be defined' },
  CONNECTION_IN_USE: {
    ...user,
    text: (id, references) => `connection ${id} can't be dropped due to rule references [${references.join(' ')}]`,
  },
  CONNECTION_INTERNAL: { ...user, text: (id) => `internal connection ${id} can't be edit` },
  CONNECTION_TYPE: { ...user, text: (id, type) => `connection ${id} should be ${type} connection` },
  CONNECTION_TYPE_UNKNOWN: { ...user, text: () => 'unknown connection type' },

  TLS_CERT_WITHOUT_KEY: { ...user, text: () => 'a TLS certificate requires its private key' },
  TLS_UNKNOWN: { ...user, text: (name) => `unknown tls configuration type: ${name}` },
  TLS_DEFAULT_ABSENT: { ...user, text: () => 'default TLS is not configured' },

  WEBSOCKET_ENDPOINT: { ...user, text: () => 'websocket endpoint should start with /' },
  WEBSOCKET_SCHEME: { ...user, text: (scheme) => `scheme ${scheme} is not supported, must be ws or wss` },
  SSE_ENDPOINT: { ...user, text: () => 'sse endpoint should start with /' },
  ENDPOINT: { ...user, text: () => 'property `endpoint` must start with /' },
  PUSH_METHOD: { ...user, text: (method) => `method ${method} is not supported, must be POST or PUT` },
  HTTP_METHOD: { ...user, text: (method) => `Not supported HTTP method ${method}.` },
  HTTP_BODY_TYPE: { ...user, text: (type) => `Invalid body type value ${type}.` },
  HTTP_RESPONSE_TYPE: { ...user, text: (type) => `Invalid response type value ${type}.` },
  HTTP_TIMEOUT: { ...user, text: () => 'timeout must be greater than or equal to 0' },
  HTTP_FORMAT_JSON: { ...user, text: () => 'format must be json if bodyType is json' },
  HTTP_FORMAT_FORM: { ...user, text: () => 'format must be urlencoded if bodyType is form' },
  URL_REQUIRED: { ...user, text: () => 'url is required' },
  URL_SCHEME: { ...user, text: (scheme) => `Invalid scheme ${scheme}` },
  URL_HOST: { ...user, text: () => 'Invalid url, host not found' },
  OAUTH_ACCESS: { ...user, text: () => 'if setting oAuth, `access` property is required' },
  OAUTH_FAILED: { ...external, text: (why) => `fail to authorize by oAuth: ${why}` },
  DECOMPRESSOR: { ...user, text: (name) => `unsupported decompressor: ${name}` },
  CONTENT_ENCODING_ABSENT: { ...external, text: () => 'header Content-Encoding not exist in response' },
  RESPONSE_CODE: { ...external, text: (status) => `response code error: ${status}` },
  RESPONSE_BODY: { ...external, text: (why) => `response body error: ${why}` },
  PRIVATE_NETWORK: { ...user, text: (address) => `ip ${address} is in internal network` },
  DATA_SERVER_LISTEN: {
    ...external,
    text: (host, port, why) => `cannot listen on ${host}:${port}: ${why}`,
  },

  PATH_MISSING: { ...user, text: () => 'missing property Path' },
  PATH_INVALID: { ...user, text: (path) => `invalid path ${path}` },
  FILE_ABSENT: { ...user, text: (path) => `file ${path} not exist` },
  ACTION_AFTER_READ: { ...user, text: (action) => `invalid actionAfterRead: ${action}` },
  MOVE_TO_MISSING: { ...user, text: () => 'missing moveTo when actionAfterRead is 2' },
  MOVE_TO_FILE: { ...user, text: (path) => `moveTo ${path} is not a directory` },
  FILE_DECOMPRESSION: { ...user, text: (type) => `decompression is not supported for ${type} file type` },
  FILE_TYPE_ABSENT: { ...user, text: (type) => `file type ${type} is not supported` },
  FILE_RESET: { ...user, text: () => 'File source ResetOffset not supported' },
  CSV_QUOTE: { ...user, text: (line) => `record on line ${line}: wrong quote in csv` },
  SINK_PATH: { ...user, text: () => 'path must be set' },
  SINK_FILE_TYPE: { ...user, text: () => 'fileType must be one of json, csv or lines' },
  SINK_CSV_FORMAT: { ...user, text: () => 'format must be delimited when fileType is csv' },
  SINK_NEGATIVE: { ...user, text: (name) => `${name} must be positive` },
  SINK_NO_ROLLING: {
    ...user,
    text: () => 'one of rollingInterval, rollingCount, or rollingSize must be set',
  },
  SINK_NAME_PATTERN: { ...user, text: () => 'rollingNamePattern must be one of prefix, suffix or none' },
  SINK_HOOK: { ...user, text: (name) => `rolling hook ${name} is not registered` },
  SINK_COMPRESSION: { ...user, text: () => 'compression must be one of gzip, zstd' },
  SINK_ENCRYPTION: { ...user, text: (name) => `unsupported encryptor: ${name}` },
  SINK_AES_KEY: { ...user, text: () => 'AES Key is not defined' },
  ZSTD_ABSENT: { ...user, text: () => 'zstd needs Node.js 22.15 or later' },

  MQTT_SERVER_MISSING: { ...user, text: () => 'missing server property' },
  MQTT_SERVER: { ...user, text: (server) => `invalid server ${server}` },
  MQTT_PROTOCOL: { ...user, text: (version) => `unsupported protocol version ${version}` },
  MQTT_SINK_TOPIC: { ...user, text: () => 'mqtt sink is missing property topic' },
  MQTT_SINK_WILDCARD: { ...user, text: () => "mqtt sink topic shouldn't contain # or +" },
  MQTT_QOS: { ...user, text: (qos) => `invalid qos value ${qos}, the value could be only int 0 or 1 or 2` },
  MQTT_EOF_MESSAGE: { ...user, text: () => 'eofMessage must be base64' },
  MQTT_CONNECT: {
    ...external,
    text: (server, why) => `found error when connecting for ${server}: ${why}`,
  },
});
