import { describeError } from '../../../src/base/errors.ts'
import { connectionError } from '../../../src/daemon/stream/tls-errors.ts'

const failed = (message: string, code?: string) => Object.assign(new Error(message), code === undefined ? {} : { code })

test.each([
  [
    failed('connect ECONNREFUSED 127.0.0.1:7443', 'ECONNREFUSED'),
    ...['DIRECTORY_UNREACHABLE', 'nothing listens there: connect ECONNREFUSED 127.0.0.1:7443'],
  ],
  [
    failed('getaddrinfo ENOTFOUND x', 'ENOTFOUND'),
    ...['DIRECTORY_UNREACHABLE', 'the name is not known: getaddrinfo ENOTFOUND x'],
  ],
  [
    failed('connect ENETUNREACH', 'ENETUNREACH'),
    'DIRECTORY_UNREACHABLE',
    'no network leads there: connect ENETUNREACH',
  ],
  [
    failed('Unexpected server response: 401'),
    ...[
      'DIRECTORY_UNREACHABLE',
      'a web server answers there, with 401, and no directory: devices have a port of their own',
    ],
  ],
  [failed('socket hang up'), 'DIRECTORY_UNREACHABLE', 'socket hang up'],
  [
    failed('certificate has expired', 'CERT_HAS_EXPIRED'),
    ...['CERTIFICATE_EXPIRED', 'its certificate has ended by the clock of this device'],
  ],
  [
    failed("Hostname/IP does not match certificate's altnames: x", 'ERR_TLS_CERT_ALTNAME_INVALID'),
    ...[
      'CERTIFICATE_CHAIN_INVALID',
      'its certificate is not for this name, which is missing in the names of the directory',
    ],
  ],
  [failed('bad signature', 'CERT_SIGNATURE_FAILURE'), 'CERTIFICATE_CHAIN_INVALID', 'CERT_SIGNATURE_FAILURE'],
  [failed('Invalid WebSocket frame', 'WS_ERR_INVALID_OPCODE'), 'FRAME_MALFORMED', 'WS_ERR_INVALID_OPCODE'],
])('%s is said with its reason', (cause, code, words) => {
  const error = connectionError(cause, 'wss://x:1')
  expect(error.code).toBe(code)
  expect(describeError(error)).toContain(`connection to wss://x:1: ${words}`)
})
