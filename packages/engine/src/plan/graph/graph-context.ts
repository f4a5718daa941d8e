import type { Catalog } from '../../analyze/catalog.ts';
import type { AnalyzeOptions } from '../../analyze/query.ts';

/** What planning a graph may ask of the world. */
export interface GraphContext {
  /** Streams and tables by name; inline sources under the name of their node. */
  readonly catalog: Catalog;
  readonly options: AnalyzeOptions;
  /** Why a script cannot run; null when it can. */
  checkScript(script: string): string | null;
}
