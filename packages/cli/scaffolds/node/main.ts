/** PLUGIN_NAME: a plugin in a process of its own. The engine starts it and asks for what rules use. */
import { servePlugin } from '@kuiper/sdk/portable';
import * as symbols from './symbols.ts';

await servePlugin({
  name: 'PLUGIN_NAME',
  //<source>
  sources: { SOURCE_NAME: symbols.Repeat },
  //</source>
  //<sink>
  sinks: { SINK_NAME: symbols.Log },
  //</sink>
  //<function>
  functions: { FUNCTION_NAME: symbols.Greet },
  //</function>
});
