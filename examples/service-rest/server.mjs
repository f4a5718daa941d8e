// An HTTP server: node server.mjs [PORT].
import { createServer } from 'node:http';

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const [, version, kind, id] = pathname.split('/');
  response.setHeader('content-type', 'application/json');
  if (pathname === '/price') response.end(String(body.length / 2));
  else if (version !== 'v1') response.writeHead(404).end('{}');
  else if (kind === 'items') response.end(JSON.stringify({ name: id, stock: '12' }));
  else if (kind === 'orders') response.end(body);
  else
    response.end(
      JSON.stringify({ items: [{ name: searchParams.get('filter.author'), stock: searchParams.get('limit') }] }),
    );
});
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => console.log(server.address().port));
