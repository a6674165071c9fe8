import { codeOf } from '../../../src/base/errors.ts'
import { parseDirectoryAddress } from '../../../src/daemon/stream/directory-address.ts'

test.each([
  ['wss://directory.example', { host: 'directory.example', port: 443, servername: 'directory.example' }],
  ['wss://directory.example:7443/', { host: 'directory.example', port: 7443, servername: 'directory.example' }],
  ['wss://127.0.0.1:1', { host: '127.0.0.1', port: 1, servername: undefined }],
  ['wss://[::1]:1', { host: '::1', port: 1, servername: undefined }],
])('parses %s', (url, address) => expect(parseDirectoryAddress(url)).toEqual(address))

// The pattern of pins accepts all of these.
test.each(['wss://directory.example:99999', 'wss://[', 'wss://%'])('refuses %s with DIRECTORY_UNREACHABLE', (url) => {
  const refusal = () => {
    try {
      return parseDirectoryAddress(url)
    } catch (error) {
      return codeOf(error)
    }
  }
  expect(refusal()).toBe('DIRECTORY_UNREACHABLE')
})
