/** Lookup `httppull`: one request per lookup, filtered by the keys. Source: behaviour spec, io §16. */
import { defineLookup, type LookupDeclaration } from '@kuiper/sdk';
import { sameValue } from '../memory/same-value.ts';
import { checkPoll, HttpPoll, pollProps } from './http-poll.ts';
import type { HttppullOptions } from './httppull-source.ts';

export function httppullLookup(options: HttppullOptions): LookupDeclaration {
  return defineLookup({
    type: 'httppull',
    about: { en: 'Looks rows up in the JSON answer of a URL.', zh: '在 URL 返回的 JSON 数据中查询。' },
    dataSource: { about: { en: 'Appended to the URL', zh: '追加到 URL 之后' }, required: false },
    props: pollProps,
    async open({ clock, rootPath }, p, { dataSource }) {
      checkPoll(p, dataSource);
      // every lookup needs the rows, changed or not
      const poll = new HttpPoll({ ...p, incremental: false }, dataSource, { ...options, clock, rootPath });
      await poll.authorize();
      return {
        async lookup(_fields, keys, values) {
          const rows = (await poll.poll()) ?? [];
          return rows.filter((row) => keys.every((key, i) => sameValue(row[key] ?? null, values[i])));
        },
        close() {},
      };
    },
  });
}
