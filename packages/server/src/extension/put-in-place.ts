/** The last part of an installation, for everything that has files. */
import type { ExtensionRecord } from '@kuiper/extensions/install';
import type { ExtensionsInService } from './extensions-in-service.ts';

/** Files in place, not yet for good. */
interface Installation {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Brings the record into service and remembers the request; then the files are for good, else they go. */
export async function putInPlace(
  installation: Installation,
  record: ExtensionRecord,
  inService: ExtensionsInService,
  remember: () => Promise<void>,
): Promise<void> {
  try {
    await inService.put(record);
    await remember();
  } catch (error) {
    await installation.rollback();
    throw error;
  }
  await installation.commit();
}
