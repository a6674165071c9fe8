import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeSofthsmToken, softhsmMissing } from '../../support/tpm/softhsm.ts'
import { startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { hardwareKeysStory } from './checks/hardware-keys.ts'
import { preparePowerCuts } from './power-cuts.ts'

const { missing, cut } = preparePowerCuts()
const missingTpm = missing ?? swtpmMissing()
const missingToken = missing ?? (await softhsmMissing())
const why = (reason: string | undefined) => (reason === undefined ? '' : ` (skipped, ${reason})`)

/** The hardware itself lies elsewhere, and keeps its power. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync('/tmp/surety-hardware-')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const withTpm = missingTpm === undefined ? test : test.skip
withTpm(`keys of a TPM and of its successor survive a power cut${why(missingTpm)}`, async () => {
  const folders = ['first', 'second'].map((name) => join(folder, name))
  for (const path of folders) mkdirSync(path)
  const [first = '', second = ''] = folders
  await using one = await startSwtpm({ folder: first, ek: 'p256' })
  await using two = await startSwtpm({ folder: second, ek: 'p256' })
  const story = hardwareKeysStory({
    first: { want: 'tpm', tpm: { simulator: one.simulator } },
    second: { want: 'tpm', tpm: { simulator: two.simulator } },
  })
  const [outcome] = await cut(story, { places: Number.POSITIVE_INFINITY })
  expect(outcome?.wrong).toEqual([])
  expect(outcome?.places).toBe((outcome?.operations ?? 0) + 1)
})

const withToken = missingToken === undefined ? test : test.skip
withToken(`confirmed keys of a token survive a power cut${why(missingToken)}`, async () => {
  const { library, tokenLabel, pinFile } = await makeSofthsmToken(folder, 'surety')
  const pkcs11 = { library, pinFile, ...(tokenLabel === undefined ? {} : { tokenLabel }) }
  const environment = { SOFTHSM2_CONF: join(folder, 'softhsm2.conf') }
  const story = hardwareKeysStory({ first: { want: 'pkcs11', tpm: {}, pkcs11 } }, environment)
  const [outcome] = await cut(story, { places: Number.POSITIVE_INFINITY })
  expect(outcome?.wrong).toEqual([])
  expect(outcome?.places).toBe((outcome?.operations ?? 0) + 1)
})
