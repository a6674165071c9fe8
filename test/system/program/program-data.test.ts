import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProgramData } from '../../../src/system/program/program-data.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('what lies beside the module, or above its folder, is read', () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'data.json'), '{}')
  expect(readProgramData('data.json', folder.path)).toBe('{}')
  expect(readProgramData('data.json', join(folder.path, 'chunks'))).toBe('{}')
})

test.each<[string, (path: string) => void]>([
  ['is missing', () => undefined],
  ['is a folder', (path) => mkdirSync(path)],
  [
    'another user could have written',
    (path) => {
      writeFileSync(path, '{}')
      chmodSync(path, 0o666)
    },
  ],
])('data that %s is refused', async (_, make) => {
  using folder = temporaryFolder()
  make(join(folder.path, 'data.json'))
  expect(await codeThrown(() => readProgramData('data.json', folder.path))).toBe('CONFIG_INVALID')
})
