import { codeOf } from '../../../src/base/errors.ts'
import { configFiles } from '../../../src/discovery/files/config-files.ts'
import { openFolders } from '../../../src/discovery/files/folders.ts'
import { FakeFileReader } from '../../support/fake-file-reader.ts'

const MIB = 1024 * 1024

/** JSON of that length, of which next to nothing has to be parsed. */
const configOf = (length: number) => `{"x":${' '.repeat(length - 7)}1}`

test('limits all configuration together, and reports each file beyond it once', async () => {
  const large = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`/home/u/${at}.json`, configOf(16 * MIB)]))
  const files = new FakeFileReader({ ...large, '/home/u/a.json': '{"x":2}', '/home/u/b.json': '{"x":3}' })
  const faults: string[] = []
  const onFault = (path: string, error: unknown) => faults.push(`${path} ${codeOf(error)}`)
  const configs = configFiles({ folders: openFolders({ files, onFault }, { home: '/home/u' }), onFault })
  expect(await configs.read('/home/u/a.json')).toEqual({ x: 2 })
  for (let at = 0; at < 8; at++) expect(await configs.read(`/home/u/${at}.json`)).toEqual({ x: 1 })
  expect(await configs.read('/home/u/a.json')).toEqual({ x: 2 })
  for (const name of ['b.json', 'b.json', '7.json']) expect(await configs.read(`/home/u/${name}`)).toBeUndefined()
  expect(faults).toEqual(['/home/u/b.json FILE_TOO_LARGE', '/home/u/7.json FILE_TOO_LARGE'])
})
