import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { closed, reader, Type } from '../../../src/base/schema.ts'
import { stateFile } from '../../../src/daemon/state/state-file.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('more than can be read again is not written, and the earlier content stays', async () => {
  using folder = temporaryFolder()
  const onSetAside = () => {
    throw new TypeError('nothing is damaged')
  }
  const file = stateFile(
    { clock: new FakeClock(), onSetAside },
    {
      folder: folder.path,
      name: 'x.json',
      reader: reader(closed({ text: Type.String() }), { name: 'x' }),
      maxBytes: 500,
    },
  )
  await file.write({ text: 'first' })
  const before = readFileSync(join(folder.path, 'x.json'), 'utf8')
  await expect(file.write({ text: 'ä'.repeat(250) })).rejects.toMatchObject({ code: 'STORE_FAILED' })
  expect(readFileSync(join(folder.path, 'x.json'), 'utf8')).toBe(before)
  expect(await file.read()).toEqual({ text: 'first' })
})
