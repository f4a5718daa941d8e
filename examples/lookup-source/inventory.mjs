/** A lookup table read from a JSON file of rows. Only the symbol with `Lookup` is exported, so it is no stream source. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

export class InventoryLookup {
  #rows = [];
  #path = '';

  provision(ctx, props) {
    const { datasource } = props;
    this.#path = isAbsolute(datasource) ? datasource : join(ctx.rootPath, datasource);
  }

  async connect(ctx, status) {
    this.#rows = JSON.parse(await readFile(this.#path, 'utf8'));
    status('connected');
  }

  lookup(ctx, fields, keys, values) {
    return this.#rows.filter((row) => keys.every((key, i) => row[key] === values[i]));
  }

  close() {
    this.#rows = [];
  }
}
