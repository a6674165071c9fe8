import { type ConsoleSettings, consoleAddress } from '../../../src/directory/console/console-address.ts'
import { codeOfCall } from '../../support/code-of-call.ts'

const DEFAULTS: ConsoleSettings = { host: '127.0.0.1', port: 7445, name: 'surety.example.org' }
const ACME = { url: 'https://acme.example.org/directory', agreeToTerms: true, file: '/var/lib/x/credentials.pem' }
const NAMED = { host: '0.0.0.0', url: 'https://console.example.org' }
const FILES = { certificate: '/etc/c.pem', key: '/etc/k.pem' }

test.each([
  ['loopback', {}, 'http://localhost:7445', false],
  ['loopback by name', { host: 'localhost' }, 'http://localhost:7445', false],
  ['IPv6 loopback', { host: '::1' }, 'http://localhost:7445', false],
  ['all addresses with a certificate', { host: '0.0.0.0', ...FILES }, 'https://surety.example.org:7445', false],
  ['loopback with a certificate', FILES, 'https://surety.example.org:7445', false],
  ['a proxy on this machine', { url: 'https://console.example.org' }, 'https://console.example.org', true],
  [
    'a certificate and another name',
    { host: '10.0.0.1', ...FILES, url: 'https://console.example.org:444' },
    'https://console.example.org:444',
    false,
  ],
] as const)('takes %s', (_name, given, url, behindProxy) => {
  const address = consoleAddress({ ...DEFAULTS, ...given })
  expect({ url: address.originAt(7445), behindProxy: address.behindProxy }).toEqual({ url, behindProxy })
})

test('takes ACME, on any host, for the name in its address', () => {
  const address = consoleAddress({ ...DEFAULTS, ...NAMED, acme: ACME })
  expect(address).toMatchObject({ acmeName: 'console.example.org', behindProxy: false })
  expect(address.files).toEqual({ certificate: ACME.file, key: ACME.file })
})

test.each([
  ['another host without a certificate', { host: '0.0.0.0' }, /console\.certificate and console\.key/],
  ['a host that only begins like loopback', { host: '127.0.0.1.example.org' }, /is not loopback/],
  ['a proxy on another machine', { host: '10.0.0.1', url: 'https://console.example.org' }, /is not loopback/],
  ['a certificate without its key', { certificate: '/etc/c.pem' }, /console\.key is missing/],
  ['a key without its certificate', { key: '/etc/k.pem' }, /console\.certificate is missing/],
  ['plain HTTP under another name', { url: 'http://console.example.org' }, /must begin with https/],
  ['plain HTTP with a certificate', { ...FILES, url: 'http://localhost:7445' }, /must begin with https/],
  ['an address that no passkey belongs to', { url: 'https://192.0.2.1' }, /needs a name/],
  ['an address of IPv6', { url: 'https://[2001:db8::1]:7445' }, /needs a name/],
  ['loopback by its address', { url: 'http://127.0.0.1:7445' }, /needs a name/],
  ['a path', { url: 'https://console.example.org/surety' }, /write it as https:\/\/console\.example\.org/],
  ['a port that is the usual one', { url: 'https://console.example.org:443' }, /write it as/],
  ['upper case', { url: 'https://Console.example.org' }, /write it as https:\/\/console\.example\.org/],
  ['ACME without its terms', { ...NAMED, acme: { ...ACME, agreeToTerms: false } }, /read the terms.*agreeToTerms/],
  ['ACME beside a certificate', { ...NAMED, ...FILES, acme: ACME }, /not both/],
  ['ACME without an address', { host: '0.0.0.0', acme: ACME }, /needs console\.url/],
  ['ACME over plain HTTP', { ...NAMED, acme: { ...ACME, url: 'http://acme.example.org' } }, /begin with https/],
  ['ACME for plain HTTP', { url: 'http://localhost:7445', acme: ACME }, /begins with https/],
  ['ACME at no server', { ...NAMED, acme: { ...ACME, url: 'https://' } }, /console\.acme\.url: https:\/\/ is not/],
  ['ACME for localhost', { url: 'https://localhost', acme: ACME }, /no ACME server gives a certificate for localhost/],
  ['ACME for a part of localhost', { url: 'https://a.localhost', acme: ACME }, /a\.localhost/],
  ['ACME for a name without a dot', { url: 'https://console', acme: ACME }, /needs a name of DNS/],
  ['ACME for an address', { url: 'https://192.0.2.1', acme: ACME }, /192\.0\.2\.1/],
  ['no host at all', { url: 'https://' }, /is not the address of a server/],
] as const)('refuses %s', (_name, given, message) => {
  const call = () => consoleAddress({ ...DEFAULTS, ...given })
  expect(codeOfCall(call)).toBe('CONFIG_INVALID')
  expect(call).toThrow(message)
})
