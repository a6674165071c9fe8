import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startSimulatedTpm } from '../../../scripts/start/simulated-tpm.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { swtpmMissing } from '../../support/tpm/swtpm.ts'

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`with swtpm: ${missing}`, () => undefined)
const withSwtpm = missing === undefined ? test : test.skip

withSwtpm('names the other start that uses the same folder, at each try', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'tpm')
  const start = (name: string) => {
    const socketFolder = join(folder.path, name)
    mkdirSync(socketFolder)
    const { signal } = new AbortController()
    return startSimulatedTpm({ clock: systemClock }, { folder: data, socketFolder }, { signal })
  }
  await using _first = await start('first')
  for (const again of ['second', 'third']) {
    await expect(start(again)).rejects.toMatchObject({
      code: 'TPM_UNAVAILABLE',
      message: `the TPM simulator did not start: another npm start uses ${data}. End it, or choose another folder with --data`,
    })
  }
})

function starter(path: string) {
  const folder = join(path, 'data')
  const start = (signal: AbortSignal) =>
    startSimulatedTpm({ clock: systemClock }, { folder, socketFolder: path }, { signal })
  return { folder, start, startUninterrupted: () => start(new AbortController().signal) }
}

withSwtpm('manufactures the TPM again after an interruption at any time, and leaves no more', async () => {
  using folder = temporaryFolder()
  const own = starter(folder.path)
  const startedAt = performance.now()
  await (await own.startUninterrupted())[Symbol.asyncDispose]()
  const fullMs = performance.now() - startedAt
  let interrupted = 0
  for (let tenths = 0; tenths < 10; tenths++) {
    rmSync(own.folder, { recursive: true, force: true })
    try {
      await using _early = await own.start(AbortSignal.timeout(Math.round((fullMs * tenths) / 10)))
    } catch (error) {
      expect(error).toMatchObject({ name: 'TimeoutError' })
      interrupted++
    }
    await using complete = await own.startUninterrupted()
    expect(complete.caCertificates.map((path) => existsSync(path))).toEqual([true, true])
    expect(readdirSync(own.folder).sort()).toEqual(['ca', 'setup.log', 'state', 'swtpm.log'])
  }
  expect(interrupted).toBeGreaterThan(4)
})

withSwtpm('does not start an incomplete TPM, and does not remove it', async () => {
  using folder = temporaryFolder()
  const own = starter(folder.path)
  const startAndEnd = async () => {
    await using tpm = await own.startUninterrupted()
    return tpm.caCertificates
  }
  const caCertificates = await startAndEnd()
  const before = readFileSync(join(own.folder, 'state/tpm2-00.permall'))
  rmSync(caCertificates[1])
  await expect(startAndEnd()).rejects.toMatchObject({
    code: 'TPM_UNAVAILABLE',
    message: `the simulated TPM is incomplete: ${caCertificates[1]} is missing. Remove ${own.folder} and start again, which makes another TPM`,
  })
  expect(readFileSync(join(own.folder, 'state/tpm2-00.permall')).equals(before)).toBe(true)
})
