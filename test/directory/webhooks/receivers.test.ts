import { receiverOf, requireWebhookUrl } from '../../../src/directory/webhooks/receivers.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const OPEN = { privateAddresses: false }
const codeOf = (address: string, init = OPEN) =>
  codeThrown(() => receiverOf(new URL(`https://${address.includes(':') ? `[${address}]` : address}/`), init))
const reached = (address: string, init = OPEN) =>
  receiverOf(new URL(`https://${address.includes(':') ? `[${address}]` : address}/`), init)

test.each([
  '169.254.169.254',
  '169.254.0.1',
  '0.0.0.0',
  '0.1.2.3',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '100.100.100.200',
  '::',
  'fe80::1',
  'ff02::1',
  'fd00:ec2::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '192.0.2.1',
  '192.88.99.1',
  '198.51.100.1',
  '203.0.113.255',
  '::ffff:0:a9fe:a9fe',
  '64:ff9b:1::',
  '64:ff9b:1::a9fe:a9fe',
  '64:ff9b:1:ffff:ffff:ffff:a00:1',
  '100::1',
  '100:0:0:1::1',
  '2001::1',
  '2001:0:5db8:d822:0:0:5601:5601',
  '2001:2::1',
  '2001:2f::1',
  '2001:1ff:ffff::1',
  '2001:db8::1',
  '3fff::1',
  '3fff:fff::1',
  '5f00::1',
])('never reaches %s with any setting', async (address) => {
  expect([await codeOf(address), await codeOf(address, { privateAddresses: true })]).toEqual([
    'NOT_PERMITTED',
    'NOT_PERMITTED',
  ])
})

test.each([
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fc00::1',
  'fd12:3456::1',
  'fec0::1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
  '2002:a00:1::1',
])('%s is reached by setting only', async (address) => {
  expect(await codeOf(address)).toBe('NOT_PERMITTED')
  expect(await reached(address, { privateAddresses: true })).toMatchObject({ family: address.includes(':') ? 6 : 4 })
})

test.each([
  ...['93.184.216.34', '127.0.0.1', '172.32.0.1', '192.0.3.1', '2606:2800:220:1::1', '::1', '64:ff9b::5db8:d822'],
  ...['64:ff9b:2::1', '100:0:0:2::1', '2001:200::1', '2001:db9::1', '3fff:1000::1', '5f01::1', '2002:5db8:d822::1'],
])('%s may be reached', async (address) => {
  expect(await reached(address)).toEqual({ address, family: address.includes(':') ? 6 : 4 })
})

test('other spellings of an address are that address', async () => {
  // The URL parser writes them in one form.
  for (const spelling of ['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518']) {
    expect(await codeThrown(() => requireWebhookUrl(`https://${spelling}/`, OPEN))).toBe('NOT_PERMITTED')
  }
})

test('a name is refused by its address', async () => {
  expect(await reached('localhost')).toMatchObject({ address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) })
  await expect(receiverOf(new URL('https://nowhere.invalid/'), OPEN)).rejects.toThrow(/nowhere\.invalid/)
})

test.each([
  'http://hooks.example.org/',
  'http://127.0.0.2/',
  'http://localhost.example.org/',
  'http://localhostile/',
  'ftp://hooks.example.org/',
  'https://user@hooks.example.org/',
  'https://user:secret@hooks.example.org/',
  'https://hooks.example.org/#part',
  'https://',
  'hooks.example.org',
  'file:///etc/passwd',
  'javascript:alert(1)',
])('%s is no URL of a webhook', async (url) => {
  expect(await codeThrown(() => requireWebhookUrl(url, OPEN))).toBe('INPUT_MALFORMED')
})

test.each([
  'https://hooks.example.org',
  'https://hooks.example.org:8443/a?b=c',
  'http://localhost:8080/x',
  'http://127.0.0.1/',
  'http://[::1]:9/',
])('%s is one', (url) => {
  expect(() => requireWebhookUrl(url, OPEN)).not.toThrow()
})
