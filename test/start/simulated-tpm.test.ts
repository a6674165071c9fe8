import { mkdirSync } from 'node:fs'
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
