import type { IClientOptions } from 'mqtt';
import { lastPublishId } from './mqtt-publisher.ts';

type MessageIdProvider = NonNullable<IClientOptions['messageIdProvider']>;

/** Packet identifiers for the client library's SUBSCRIBE and UNSUBSCRIBE, above those of our PUBLISH packets. */
export class ClientPacketIds implements MessageIdProvider {
  #last = lastPublishId;

  allocate(): number {
    this.#last = this.#last === 65_535 ? lastPublishId + 1 : this.#last + 1;
    return this.#last;
  }

  getLastAllocated(): number {
    return this.#last;
  }

  register(): boolean {
    return true;
  }

  deallocate(): void {}

  clear(): void {}
}
