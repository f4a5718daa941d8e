import { servePlugin } from '@kuiper/sdk/portable';
import { AverageTs, EchoTs, JournalTs, SitesTs, TickerTs } from './symbols.ts';

await servePlugin({
  name: 'tsexample',
  sources: { tickerTs: TickerTs },
  sinks: { journalTs: JournalTs },
  functions: { averageTs: AverageTs, echoTs: EchoTs },
  lookups: { sitesTs: SitesTs },
});
