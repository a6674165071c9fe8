import { bridgedAddress, readEndpoint } from '../../../src/discovery/launch/endpoint.ts'

const ADDRESS = 'http://evil.example/sse'

test.each([
  ...[
    `mcp-remote ${ADDRESS}`,
    `npx -y mcp-remote@latest ${ADDRESS} 3334 --allow-http`,
    `npx mcp-remote-client ${ADDRESS}`,
  ],
  ...[`npx mcp-remote --header X:y ${ADDRESS}`, `node /x/node_modules/mcp-remote/dist/proxy.js ${ADDRESS}`],
  ...[`/x/node_modules/.bin/mcp-remote ${ADDRESS}`, `npx --flag-of-next-year x mcp-remote ${ADDRESS}`],
  ...[`npx -y supergateway --sse ${ADDRESS}`, `npx supergateway@4.0.0 --logLevel none --streamableHttp=${ADDRESS}`],
  ...[
    `mcp-proxy ${ADDRESS}`,
    `uvx mcp-proxy==0.8 --transport streamablehttp ${ADDRESS}`,
    `mcp-proxy --debug ${ADDRESS}`,
  ],
  `mcp-proxy --headers Authorization Bearer --client-id=x ${ADDRESS}`,
])('%s speaks to that address', (line) => expect(bridgedAddress(line.split(' '))).toBe(ADDRESS))

test.each([
  ...[`npx some-mcp ${ADDRESS}`, `npx my-mcp-remote ${ADDRESS}`, `npx mcp-remote-control ${ADDRESS}`, 'npx mcp-remote'],
  ...[`${ADDRESS} mcp-remote`, 'mcp-remote file:///etc/passwd', 'mcp-remote evil.example', 'npx supergateway --sse'],
  ...[`npx supergateway --stdio ${ADDRESS}`, `npx supergateway --outputTransport sse --baseUrl ${ADDRESS}`],
  ...[`mcp-proxy --port 8080 uvx some-mcp ${ADDRESS}`, `mcp-proxy --token-url ${ADDRESS} uvx`, 'mcp-proxy', ''],
])('%s names no endpoint', (line) => expect(bridgedAddress(line.split(' '))).toBeUndefined())

test.each([
  ...['http://0.0.0.0:3000/mcp', 'http://0/', 'http://[::]:3000/mcp'],
  ...['http://localhost:3000/', 'http://localhost./', 'http://x.localhost./', 'http://127.0.0.1/', 'http://127.9.8.7/'],
  ...[
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'ws://[::FFFF:7f00:1]:80/',
    'https://x.example/',
    'http://0x7f.1/',
  ],
])('%s is not in the clear', (url) => expect(readEndpoint(url)?.cleartext).toBe(false))

test.each([
  ...['http://x.example/', 'http://localhost.evil.example/', 'http://127.0.0.1.nip.io/', 'http://notlocalhost/'],
  ...[
    'http://[::ffff:10.0.0.1]/',
    'http://[::7f00:1]/',
    'http://[2001:db8::7f00:1]/',
    'ws://10.0.0.1/',
    'http://localhost../',
  ],
])('%s is in the clear', (url) => expect(readEndpoint(url)?.cleartext).toBe(true))
