/** What a fresh `etc` directory holds: the configuration with its defaults, and configuration keys of sources. */

export const shippedFiles: Readonly<Record<string, string>> = {
  'kuiper.yaml': `basic:
  # debug, info, warn, error
  logLevel: info
  debug: false
  consoleLog: false
  fileLog: true
  # hours until a log file is closed and a new one begun; hours that old files are kept when rotateCount is 0
  rotateTime: 24
  maxAge: 72
  # bytes per log file, and number of old files to keep
  rotateSize: 10485760
  rotateCount: 3
  # The REST API. Only this machine can reach it; 0.0.0.0 opens it to the network (then turn on authentication).
  restIp: 127.0.0.1
  restPort: 9081
  # restTls:
  #   certfile: /path/to/cert.pem
  #   keyfile: /path/to/key.pem
  # A JWT per request, signed with a key whose public part lies in etc/mgmt
  authentication: false
  # Local, UTC or an IANA name such as Asia/Shanghai
  timezone: Local
  # metrics for Prometheus at /metrics of this port
  prometheus: false
  prometheusPort: 20499
  # how often schedules and failed rules are looked after
  rulePatrolInterval: 10s
  gracefulShutdownTimeout: 10s
  # lets rest sinks and httppull sources reach private networks
  enablePrivateNet: false
  # lets imports and uploads read files outside data/uploads
  allowExternalFileAccess: true
  enableRestAuditLog: false

# Defaults of rule options
rule:
  qos: 0
  checkpointInterval: 300s
  sendError: false

# Defaults of the cache of sinks
sink:
  enableCache: false
  memoryCacheThreshold: 1024
  maxDiskCache: 1024000
  bufferPageSize: 256
  resendInterval: 0s
  cleanCacheAtStop: false

source:
  # The HTTP server that data is pushed to
  httpServerIp: 127.0.0.1
  httpServerPort: 10081

store:
  # the embedded store; other names of embedded stores are accepted and mean the same
  type: sqlite
`,
  'client.yaml': `basic:
  host: 127.0.0.1
  port: 9081
`,
  'mqtt_source.yaml': `default:
  qos: 1
  server: tcp://127.0.0.1:1883
  insecureSkipVerify: false
  protocolVersion: 3.1.1
`,
  'sources/httppush.yaml': `default:
  method: POST
`,
  'sources/httppull.yaml': `default:
  url: http://localhost
  method: post
  interval: 10s
  timeout: 5s
  incremental: false
  bodyType: json
  responseType: code
  insecureSkipVerify: true
  headers:
    Accept: application/json
`,
  'sources/file.yaml': `default:
  fileType: json
  path: data
  interval: 0
`,
  'sources/neuron.yaml': `default:
  url: tcp://127.0.0.1:7081
`,
  'sources/redis.yaml': `default:
  addr: 127.0.0.1:6379
  dataType: string
`,
  'connections/connection.yaml': `# Named connections, by type:
# mqtt:
#   broker:
#     server: tcp://127.0.0.1:1883
`,
};
