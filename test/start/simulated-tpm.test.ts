import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { startSimulatedTpm } from '../../src/start/simulated-tpm.ts'
import { swtpmMissing } from '../support/swtpm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`with swtpm: ${missing}`, () => undefined)
const withSwtpm = missing === undefined ? test : test.skip

withSwtpm(
  'a second start in the same folder is told that the first has it, also where there was one before',
  async () => {
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
        message: `the TPM simulator did not start: another npm start has ${data}; end that one, or give another --data`,
      })
    }
  },
)

function starter(path: string) {
  const folder = join(path, 'data')
  const start = (signal: AbortSignal) =>
    startSimulatedTpm({ clock: systemClock }, { folder, socketFolder: path }, { signal })
  return { folder, start, startAtLast: () => start(new AbortController().signal) }
}

withSwtpm(
  'interrupted at any moment while it is made, it is made at the next start, and nothing else is left',
  async () => {
    using folder = temporaryFolder()
    const own = starter(folder.path)
    const startedAt = performance.now()
    await (await own.startAtLast())[Symbol.asyncDispose]()
    const wholeMs = performance.now() - startedAt
    let interrupted = 0
    for (let tenths = 0; tenths < 10; tenths++) {
      rmSync(own.folder, { recursive: true, force: true })
      try {
        await using _early = await own.start(AbortSignal.timeout(Math.round((wholeMs * tenths) / 10)))
      } catch (error) {
        expect(error).toMatchObject({ name: 'TimeoutError' })
        interrupted++
      }
      await using whole = await own.startAtLast()
      expect(whole.caCertificates.map((path) => existsSync(path))).toEqual([true, true])
      expect(readdirSync(own.folder).sort()).toEqual(['ca', 'setup.log', 'state', 'swtpm.log'])
    }
    expect(interrupted).toBeGreaterThan(4)
  },
)

withSwtpm('one that lost its CA is not started, and not thrown away', async () => {
  using folder = temporaryFolder()
  const own = starter(folder.path)
  const startAndEnd = async () => {
    await using tpm = await own.startAtLast()
    return tpm.caCertificates
  }
  const caCertificates = await startAndEnd()
  const before = readFileSync(join(own.folder, 'state/tpm2-00.permall'))
  rmSync(caCertificates[1])
  await expect(startAndEnd()).rejects.toMatchObject({
    code: 'TPM_UNAVAILABLE',
    message: `the TPM simulator is not whole, ${caCertificates[1]} is missing: remove ${own.folder} and start again: that makes another TPM`,
  })
  expect(readFileSync(join(own.folder, 'state/tpm2-00.permall')).equals(before)).toBe(true)
})
