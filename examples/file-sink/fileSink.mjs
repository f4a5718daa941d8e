/** Appends each output as one line to a file. A class: each rule has its own. */
import { open } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

export class FileSink {
  #path = '';
  #files = new Map();

  provision(ctx, props) {
    if (typeof props.path !== 'string' || props.path === '') throw new Error('property path is required');
    this.#path = props.path;
  }

  /** Without `collectList` a sink takes what the rule's format has encoded. */
  async collect(ctx, item) {
    // A path may have templates, `{{.device}}.log`: then each output has its own.
    const name = item.dynamicProps(this.#path) ?? this.#path;
    const path = isAbsolute(name) ? name : join(ctx.rootPath, name);
    try {
      if (!this.#files.has(path)) this.#files.set(path, await open(path, 'a'));
      await this.#files.get(path).write(Buffer.concat([item.raw(), Buffer.from('\n')]));
    } catch (error) {
      // The engine tries again later: a full disk may be emptied.
      throw new Error(`io error: ${error.message}`);
    }
  }

  async close() {
    for (const file of this.#files.values()) await file.close();
  }
}
