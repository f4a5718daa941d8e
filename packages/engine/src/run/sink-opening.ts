/** What a run offers to one open sink. */
import type { Clock, Logger } from '@kuiper/base';
import type { ConnectionAccess, ConnectionStatus, ExtensionState, SinkContext } from '@kuiper/sdk';
import { KeptState, type StateTable } from './extension-state.ts';

export class SinkOpening extends KeptState implements SinkContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly name: string;
  readonly ruleId: string;
  readonly rootPath: string;
  readonly connections: ConnectionAccess;
  readonly status: (status: ConnectionStatus, message?: string) => void;
  readonly abort: (error: Error) => void;

  constructor(parts: Omit<SinkContext, keyof ExtensionState>, states: StateTable) {
    super(states, `sink/${parts.name}`);
    this.clock = parts.clock;
    this.logger = parts.logger;
    this.name = parts.name;
    this.ruleId = parts.ruleId;
    this.rootPath = parts.rootPath;
    this.connections = parts.connections;
    this.status = parts.status;
    this.abort = parts.abort;
  }
}
