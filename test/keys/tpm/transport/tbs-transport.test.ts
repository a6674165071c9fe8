import { systemClock } from '../../../../src/base/clock.ts'
import { codeOf, type ErrorCode } from '../../../../src/base/errors.ts'
import { emptyPassword } from '../../../../src/keys/tpm/authorisation.ts'
import { getRandom } from '../../../../src/keys/tpm/queries.ts'
import { byHandle, type TpmCommand, tpmClient } from '../../../../src/keys/tpm/tpm-client.ts'
import { openTbsTransport } from '../../../../src/keys/tpm/transport/tbs-transport.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { FakeTbs } from './fake-tbs.ts'
import { responseOf } from './intercepted-transport.ts'

const COMMAND = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8)
const OPTIONS = { signal: new AbortController().signal }

test('sends a command in a context, and closes it', async () => {
  const addon = new FakeTbs()
  {
    await using transport = await openTbsTransport(addon)
    expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(responseOf(0))
    expect([transport.kind, transport.generation]).toEqual(['resource-manager', 1])
  }
  expect(addon.calls).toEqual(['open', 'submit 0', 'close 0'])
})

/** From tbs.h and winerror.h. */
const REFUSALS: readonly (readonly [string, number, ErrorCode])[] = [
  ['no tbs.dll', 126, 'TPM_UNAVAILABLE'],
  ['a tbs.dll without TPM 2.0', 127, 'TPM_UNAVAILABLE'],
  ['TBS_E_INTERNAL_ERROR', 0x80284001, 'TPM_BUSY'],
  ['TBS_E_BAD_PARAMETER', 0x80284002, 'TPM_COMMAND_FAILED'],
  ['TBS_E_INSUFFICIENT_BUFFER', 0x80284005, 'TPM_STRUCTURE_MALFORMED'],
  ['TBS_E_IOERROR', 0x80284006, 'TPM_UNAVAILABLE'],
  ['TBS_E_SERVICE_NOT_RUNNING', 0x80284008, 'TPM_BUSY'],
  ['TBS_E_TOO_MANY_TBS_CONTEXTS', 0x80284009, 'TPM_BUSY'],
  ['TBS_E_TOO_MANY_RESOURCES', 0x8028400a, 'TPM_BUSY'],
  ['TBS_E_SERVICE_START_PENDING', 0x8028400b, 'TPM_BUSY'],
  ['TBS_E_COMMAND_CANCELED', 0x8028400d, 'TPM_BUSY'],
  ['TBS_E_BUFFER_TOO_LARGE', 0x8028400e, 'TPM_STRUCTURE_MALFORMED'],
  ['TBS_E_TPM_NOT_FOUND', 0x8028400f, 'TPM_UNAVAILABLE'],
  ['TBS_E_SERVICE_DISABLED', 0x80284010, 'TPM_UNAVAILABLE'],
  ['TBS_E_ACCESS_DENIED', 0x80284012, 'TPM_UNAVAILABLE'],
  ['TBS_E_DEACTIVATED', 0x80284016, 'TPM_UNAVAILABLE'],
  ['TPM_E_COMMAND_BLOCKED', 0x80280400, 'KEY_UNSUPPORTED'],
  ['TPM_E_RETRY', 0x80280800, 'TPM_BUSY'],
  ['TPM_E_DEFEND_LOCK_RUNNING', 0x80280803, 'TPM_LOCKED_OUT'],
  ['a result that nothing documents', 0x8028ffff, 'TPM_COMMAND_FAILED'],
  ['a result of another part of Windows', 0x80070005, 'TPM_COMMAND_FAILED'],
]
test.each(REFUSALS)('%s is refused, when a context is opened and for a command', async (_, result, code) => {
  const addon = new FakeTbs()
  addon.opens.push(result)
  expect(await openTbsTransport(addon).catch(codeOf)).toBe(code)
  await using transport = await openTbsTransport(addon)
  addon.submits.push(result)
  expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe(code)
  expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(responseOf(0))
})

test('the message names the result, so that a person can look it up', async () => {
  const addon = new FakeTbs()
  addon.opens.push(0x8028400f)
  await expect(openTbsTransport(addon)).rejects.toThrow('TBS_E_TPM_NOT_FOUND: no TPM 2.0 (0x8028400f)')
})

test.each([
  ['TPM_20_E_LOCKOUT', 0x80280921, 'TPM_LOCKED_OUT'],
  ['TPM_20_E_HANDLE', 0x8028008b, 'KEY_NOT_FOUND'],
  ['TPM_20_E_FAILURE', 0x80280101, 'TPM_UNAVAILABLE'],
] as const)('%s as the result is the response of the TPM: %#', async (_, result, code) => {
  const addon = new FakeTbs()
  addon.submits.push(result)
  await using transport = await openTbsTransport(addon)
  const client = tpmClient({ transport, clock: new FakeClock() })
  expect(await getRandom(client, 8, OPTIONS).catch(codeOf)).toBe(code)
})

test('opens a context again that the service no longer knows, and repeats the command', async () => {
  const addon = new FakeTbs()
  const random = Uint8Array.from([0x80, 1, 0, 0, 0, 14, 0, 0, 0, 0, 0, 2, 7, 7])
  addon.submits.push(0x80284004, random)
  await using transport = await openTbsTransport(addon)
  const client = tpmClient({ transport, clock: systemClock })
  expect(await getRandom(client, 2, OPTIONS)).toEqual(Uint8Array.of(7, 7))
  expect([addon.calls, transport.generation]).toEqual([['open', 'submit 0', 'close 0', 'open', 'submit 1'], 2])
})

test('a TPM that went away between two commands is looked for again', async () => {
  const addon = new FakeTbs()
  await using transport = await openTbsTransport(addon)
  addon.submits.push(0x80284008)
  expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_BUSY')
  addon.opens.push(0x8028400f)
  expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
  expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(responseOf(0))
  expect(transport.generation).toBe(2)
})

test('the log of measured boot is read, and a firmware without one is no error', async () => {
  const addon = new FakeTbs()
  await using transport = await openTbsTransport(addon)
  expect(await transport.bootLog?.()).toBeUndefined()
  addon.log = Uint8Array.of(1, 2)
  expect(await transport.bootLog?.()).toEqual(Uint8Array.of(1, 2))
  addon.log = 0x80284012
  expect(await transport.bootLog?.().catch(codeOf)).toBe('TPM_UNAVAILABLE')
})

describe('a hierarchy with a password', () => {
  const wrong = responseOf(0x9a2)
  const made = new Uint8Array(
    Buffer.from('8002000000190000000080000000000000021234000001 0000'.replaceAll(' ', ''), 'hex'),
  )
  const command: TpmCommand = {
    name: 'CreatePrimary',
    handles: [byHandle(0x4000000b)],
    authorisations: [emptyPassword],
    returnsHandle: true,
  }

  test('is asked of Windows once, after it has refused an empty one', async () => {
    const addon = new FakeTbs()
    addon.passwords.set(12, Uint8Array.of(7, 8))
    addon.submits.push(wrong, made, made)
    await using transport = await openTbsTransport(addon)
    const client = tpmClient({ transport, clock: systemClock })
    expect((await client.execute(command, OPTIONS)).handle).toBe(0x80000000)
    expect((await client.execute(command, OPTIONS)).handle).toBe(0x80000000)
    expect(addon.calls).toEqual(['open', 'submit 0', 'password 12 0', 'submit 0', 'submit 0'])
    const sent = addon.commands.map((bytes) => Buffer.from(bytes).toString('hex').includes('0100020708'))
    expect(sent).toEqual([false, true, true])
  })

  test.each<[string, number | undefined, Uint8Array | undefined, ErrorCode]>([
    ['that Windows does not keep', undefined, undefined, 'KEY_AUTHORISATION_FAILED'],
    ['that is not the one Windows keeps', undefined, Uint8Array.of(9), 'KEY_AUTHORISATION_FAILED'],
    ['that Windows does not give away', 0x80284012, undefined, 'TPM_UNAVAILABLE'],
  ])('%s is refused', async (_, result, password, code) => {
    const addon = new FakeTbs()
    const known = result ?? password
    if (known !== undefined) addon.passwords.set(12, known)
    addon.submits.push(wrong, wrong)
    await using transport = await openTbsTransport(addon)
    const client = tpmClient({ transport, clock: systemClock })
    expect(await client.execute(command, OPTIONS).catch(codeOf)).toBe(code)
  })
})

test('a command without an answer is cancelled, and others wait until it has ended', async () => {
  const addon = new FakeTbs()
  const { promise, resolve } = Promise.withResolvers<number>()
  addon.submits.push(promise)
  await using transport = await openTbsTransport(addon, { responseTimeoutMs: 1 })
  expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
  expect(addon.calls).toEqual(['open', 'submit 0', 'cancel 0'])
  expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
  resolve(0x8028400d)
  await new Promise((after) => setImmediate(after))
  expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(responseOf(0))
})

test('an abort cancels the command and rejects with its reason', async () => {
  const addon = new FakeTbs()
  const { promise, resolve } = Promise.withResolvers<number>()
  addon.submits.push(promise)
  addon.onCancel = () => resolve(0x8028400d)
  await using transport = await openTbsTransport(addon)
  const giveUp = new AbortController()
  const answer = transport.transmit(COMMAND, { signal: giveUp.signal })
  giveUp.abort(new Error('enough'))
  await expect(answer).rejects.toThrow('enough')
  expect(addon.calls).toEqual(['open', 'submit 0', 'cancel 0'])
})

test('a context is closed after the command that runs in it, never before', async () => {
  const addon = new FakeTbs()
  const { promise, resolve } = Promise.withResolvers<number>()
  addon.submits.push(promise)
  const transport = await openTbsTransport(addon)
  const answer = transport.transmit(COMMAND, OPTIONS).catch(codeOf)
  await transport[Symbol.asyncDispose]()
  expect(addon.calls).toEqual(['open', 'submit 0', 'cancel 0'])
  resolve(0x8028400d)
  expect(await answer).toBe('TPM_BUSY')
  await new Promise((after) => setImmediate(after))
  expect(addon.calls.at(-1)).toBe('close 0')
  expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
})
