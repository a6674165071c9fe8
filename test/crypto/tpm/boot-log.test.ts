import fc from 'fast-check'
import { SuretyError } from '../../../src/base/errors.ts'
import { readBootLog } from '../../../src/crypto/tpm/boot-log.ts'
import {
  type BootEvent,
  bootLogHead,
  bootLogOf,
  EV_EFI_VARIABLE_DRIVER_CONFIG,
  EV_NO_ACTION,
  EV_SEPARATOR,
  pcrAfter,
  sha256,
  variableData,
} from '../../support/tpm/boot-log.ts'

const secureBoot = (value: number): BootEvent => ({
  pcr: 7,
  type: EV_EFI_VARIABLE_DRIVER_CONFIG,
  data: variableData('SecureBoot', value),
})
const separator = (pcr: number): BootEvent => ({ pcr, type: EV_SEPARATOR, data: new Uint8Array(4) })
const malformed = expect.objectContaining({ code: 'TPM_STRUCTURE_MALFORMED' })

test('a log comes to the values of the PCRs that it extends', () => {
  const { pcrs, secureBoot: isOn } = readBootLog(bootLogOf([secureBoot(1), separator(0), separator(7)]))
  expect(Object.fromEntries(pcrs)).toEqual({
    0: pcrAfter([sha256(new Uint8Array(4))]),
    7: pcrAfter([sha256(variableData('SecureBoot', 1)), sha256(new Uint8Array(4))]),
  })
  expect(isOn).toBe(true)
})

test('the locality from which the TPM was started is in PCR 0 before all else', () => {
  const data = Buffer.concat([Buffer.from('StartupLocality\0'), Buffer.from([3])])
  const { pcrs } = readBootLog(bootLogOf([{ pcr: 0, type: EV_NO_ACTION, data }, separator(0)]))
  const first = Buffer.alloc(32).fill(3, 31)
  expect(pcrs.get(0)).toEqual(pcrAfter([sha256(new Uint8Array(4))], first))
})

test('an event of no action extends nothing', () => {
  expect(readBootLog(bootLogOf([{ pcr: 6, type: EV_NO_ACTION, data: Buffer.from('x') }])).pcrs.size).toBe(0)
})

test.each<[string, readonly BootEvent[], boolean | undefined]>([
  ['on', [secureBoot(1)], true],
  ['off', [secureBoot(0)], false],
  ['both', [secureBoot(1), secureBoot(0)], undefined],
  ['nothing', [separator(7)], undefined],
  ['another variable', [{ ...secureBoot(1), data: variableData('SetupMode', 1) }], undefined],
  ['a variable in another PCR', [{ ...secureBoot(1), pcr: 6 }], undefined],
  ['data that the digest does not cover', [{ ...secureBoot(1), sha256: new Uint8Array(32) }], undefined],
  ['a variable that is cut', [{ ...secureBoot(1), data: variableData('SecureBoot', 1).subarray(0, 40) }], undefined],
])('Secure Boot is read from a log that says: %s', (_, events, isOn) => {
  expect(readBootLog(bootLogOf(events)).secureBoot).toBe(isOn)
})

const whole = bootLogOf([secureBoot(1), separator(7)])
test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array()],
  ['a log of TPM 1.2', new Uint8Array(bootLogHead('Spec ID Event00'))],
  ['an event of four gigabytes', Buffer.concat([whole, Buffer.alloc(12), Buffer.from('ffffffff', 'hex')])],
  [
    'an algorithm that the head does not name',
    Buffer.concat([bootLogHead(), Buffer.from('000000000400000001000000ffff', 'hex')]),
  ],
  ['a PCR that no TPM has', Buffer.concat([bootLogHead(), Buffer.from('180000000400000000000000', 'hex')])],
  ['an event without SHA-256', Buffer.concat([bootLogHead(), Buffer.from('00000000040000000000000000000000', 'hex')])],
])('%s is refused', (_, bytes) => expect(() => readBootLog(bytes)).toThrow(malformed))

test('a log that is cut anywhere is refused, or comes to fewer values', () => {
  for (let length = 0; length < whole.length; length++) {
    try {
      expect(readBootLog(whole.subarray(0, length)).pcrs.size).toBeLessThan(2)
    } catch (error) {
      expect(error).toBeInstanceOf(SuretyError)
    }
  }
})

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        readBootLog(Buffer.concat([bootLogHead(), bytes]))
      } catch (error) {
        return error instanceof SuretyError
      }
      return true
    }),
  )
})
