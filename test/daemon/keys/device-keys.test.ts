import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { createDeviceKeys } from '../../../src/daemon/keys/device-keys.ts'
import type { Identity } from '../../../src/daemon/state/identity.ts'
import { openSoftwareKeys } from '../../../src/keys/software/software-keys.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Software keys on a device whose enrolled key is another one, as after its TPM was cleared. */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const options = { signal: new AbortController().signal }
const MESSAGE = new Uint8Array(8)
const LOST: Pick<Identity, 'keyKind' | 'key'> = { keyKind: 'software', key: 'hash of a key that is gone' }
// Nothing else of the identity is used.
const lost = LOST as Identity

let count = 0
function deviceKeys(open?: (renew: boolean, unbound: boolean) => void) {
  const stateFolder = join(folder.path, String(count++))
  mkdirSync(stateFolder, { mode: 0o700 })
  const health = createHealth({ clock: new FakeClock() })
  const keys = createDeviceKeys({
    log: silentLog,
    health,
    async open(_, { renew, unbound }) {
      open?.(renew, unbound)
      return { provider: openSoftwareKeys({ stateFolder }), choices: [] }
    },
  })
  return { keys, health }
}

test('refuses a key that is not the enrolled one, and raises a warning', async () => {
  const { keys, health } = deviceKeys()
  await using _ = keys
  expect(await codeThrown(() => keys.proof(lost, options))).toBe('KEY_NOT_FOUND')
  expect(health.warnings().map(({ code }) => code)).toEqual(['KEYS_CHANGED'])
})

test('does not close the key of a running enrolment when a lost key is asked for', async () => {
  const { keys } = deviceKeys()
  await using _ = keys
  using enrolling = await keys.proofToEnrol(options)
  expect(await codeThrown(() => keys.proof(lost, options))).toBe('KEY_NOT_FOUND')
  await keys.reopen()
  expect(await enrolling.key.sign(MESSAGE)).toHaveLength(64)
})

test('closes the key after the enrolment when a close was requested meanwhile', async () => {
  const { keys } = deviceKeys()
  await using _ = keys
  const enrolling = await keys.proofToEnrol(options)
  await keys.reopen()
  enrolling[Symbol.dispose]()
  // Disposing twice does not end another enrolment.
  enrolling[Symbol.dispose]()
  await turn()
  expect(await codeThrown(() => enrolling.key.sign(MESSAGE))).toBe('KEY_CLOSED')
  using again = await keys.proofToEnrol(options)
  expect(await again.key.sign(MESSAGE)).toHaveLength(64)
})

test('makes a key for an enrolment that begins while the lost key fails to open', async () => {
  const asked: boolean[] = []
  const { keys } = deviceKeys((renew) => {
    asked.push(renew)
    if (!renew) throw new SuretyError('TPM_IDENTITY_LOST', 'made by another TPM')
  })
  await using _ = keys
  const refused = codeThrown(() => keys.proof(lost, options))
  using enrolling = await keys.proofToEnrol(options)
  expect(await refused).toBe('TPM_IDENTITY_LOST')
  expect(await enrolling.key.sign(MESSAGE)).toHaveLength(64)
  expect(asked).toEqual([false, true])
})

test('tries again after the keys could not be opened for an enrolment', async () => {
  let fails = true
  const { keys } = deviceKeys(() => {
    if (fails) throw new SuretyError('TPM_BUSY', 'busy')
  })
  await using _ = keys
  expect(await codeThrown(() => keys.proofToEnrol(options))).toBe('TPM_BUSY')
  fails = false
  using enrolling = await keys.proofToEnrol(options)
  expect(await enrolling.key.sign(MESSAGE)).toHaveLength(64)
})

test('opens another provider only for the enrolment of a device without an identity', async () => {
  const asked: boolean[] = []
  const { keys } = deviceKeys((_, unbound) => void asked.push(unbound))
  await using _ = keys
  for (const unbound of [true, false]) {
    using _enrolling = await keys.proofToEnrol({ ...options, unbound })
    await keys.reopen()
  }
  await keys.proof(undefined, options)
  expect(asked).toEqual([true, false, false])
})
