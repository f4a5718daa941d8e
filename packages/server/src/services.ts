/** What the handlers of the REST API work with. */
import type { Clock, Logger } from '@kuiper/base';
import type { Kv, RuleHost } from '@kuiper/host';
import type { ConnectorCatalog } from './config/connector-catalog.ts';
import type { Directories } from './config/directories.ts';
import type { KuiperConfig } from './config/kuiper-config.ts';
import type { Settings } from './config/settings.ts';
import type { Extensions } from './extension/open-extensions.ts';
import type { LogTap } from './logging/log-tap.ts';
import type { ConfKeys } from './registry/conf-keys.ts';
import type { ConnectionRegistry } from './registry/connection-registry.ts';
import type { PropLayers } from './registry/resolve-props.ts';
import type { RuleRegistry } from './registry/rule-registry.ts';
import type { SchemaRegistry } from './registry/schema-registry.ts';
import type { StreamRegistry } from './registry/stream-registry.ts';
import type { TrialRuns } from './registry/trial-runs.ts';
import type { DataImport } from './transfer/data-import.ts';
import type { AsyncTasks } from './transfer/async-tasks.ts';
import type { FileFetcher } from './transfer/fetch-file.ts';
import type { Uploads } from './transfer/uploads.ts';

export interface Services extends Omit<Extensions, 'openOn'> {
  readonly config: KuiperConfig;
  readonly settings: Settings;
  readonly directories: Directories;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Reads along what is logged. */
  readonly logTap: LogTap;
  readonly kv: Kv;
  readonly host: RuleHost;
  readonly catalog: ConnectorCatalog;
  readonly confKeys: ConfKeys;
  readonly connections: ConnectionRegistry;
  readonly layers: PropLayers;
  readonly streams: StreamRegistry;
  readonly rules: RuleRegistry;
  readonly schemas: SchemaRegistry;
  readonly uploads: Uploads;
  readonly files: FileFetcher;
  readonly dataImport: DataImport;
  readonly tasks: AsyncTasks;
  readonly trials: TrialRuns;
  /** Ends the process in good order; `POST /stop`. */
  readonly shutDown: (exitCode: number) => void;
}
