import fc from 'fast-check'
import { systemClock } from '../../../src/base/clock.ts'
import { codeOf, SuretyError } from '../../../src/base/errors.ts'
import { emptyPassword } from '../../../src/keys/tpm/authorisation.ts'
import { splitCertificates } from '../../../src/keys/tpm/endorsement-certificates.ts'
import { listHandles } from '../../../src/keys/tpm/queries.ts'
import { byHandle, type TpmCommand, tpmClient } from '../../../src/keys/tpm/tpm-client.ts'
import type { TpmTransport } from '../../../src/keys/tpm/transport/tpm-transport.ts'

const OPTIONS = { signal: new AbortController().signal }
const SESSION_COMMAND: TpmCommand = {
  name: 'CreatePrimary',
  handles: [byHandle(0x40000001)],
  authorisations: [emptyPassword],
  returnsHandle: true,
}

function answering(response: Uint8Array): TpmTransport {
  return { kind: 'resource-manager', generation: 1, transmit: async () => response, async [Symbol.asyncDispose]() {} }
}

/** The response to `SESSION_COMMAND`: a handle, two bytes of parameters, an empty authorisation. */
const WHOLE = new Uint8Array(
  Buffer.from('8002 00000019 00000000 80000000 00000002 1234 0000 01 0000'.replaceAll(' ', ''), 'hex'),
)

test('parses a response by its sizes', async () => {
  const response = await tpmClient({ transport: answering(WHOLE), clock: systemClock }).execute(
    SESSION_COMMAND,
    OPTIONS,
  )
  expect([response.handle, response.parameters.u16()]).toEqual([0x80000000, 0x1234])
})

test.each(Array.from({ length: 25 }, (_, length) => length))(
  'refuses a response cut after %i bytes',
  async (length) => {
    const cut = WHOLE.slice(0, length)
    const client = tpmClient({ transport: answering(cut), clock: systemClock })
    expect(await client.execute(SESSION_COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_STRUCTURE_MALFORMED')
  },
)

test('returns a response or throws a SuretyError for any bytes', async () => {
  const prefix = fc.constantFrom(new Uint8Array(), WHOLE.slice(0, 10), WHOLE.slice(0, 14))
  await fc.assert(
    fc.asyncProperty(prefix, fc.uint8Array({ maxLength: 64 }), async (start, rest) => {
      const bytes = new Uint8Array([...start, ...rest])
      if (bytes.length >= 10) new DataView(bytes.buffer).setUint32(2, bytes.length)
      // Codes that mean another try would wait.
      if (bytes.length >= 10) bytes.fill(0, 6, 10)
      const client = tpmClient({ transport: answering(bytes), clock: systemClock })
      const outcome = await client.execute(SESSION_COMMAND, OPTIONS).catch((error: unknown) => error)
      return !(outcome instanceof Error) || outcome instanceof SuretyError
    }),
  )
})

// Found by fuzzing: the loop was endless.
test('refuses a TPM that repeats a handle and announces more', async () => {
  const page = '8001 00000017 00000000 01 00000001 00000001 01c00002'.replaceAll(' ', '')
  const tpm = tpmClient({ transport: answering(new Uint8Array(Buffer.from(page, 'hex'))), clock: systemClock })
  expect(await listHandles(tpm, 0x01c00000, OPTIONS).catch(codeOf)).toBe('TPM_STRUCTURE_MALFORMED')
})

test('splits certificates by their lengths, and stops at padding', () => {
  const certificate = (size: number) =>
    Uint8Array.of(0x30, 0x82, size >> 8, size & 255, ...new Uint8Array(size).fill(7))
  const both = new Uint8Array([...certificate(300), ...certificate(5), 0, 0, 0, 0])
  expect(splitCertificates(both)).toEqual([certificate(300), certificate(5)])
  expect(splitCertificates(both.slice(0, 303))).toEqual([])
  expect(splitCertificates(new Uint8Array(64).fill(0xff))).toEqual([])
})
