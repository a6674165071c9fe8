import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../src/base/version.ts'

test('has the version of the package', () => {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  expect(JSON.parse(text).version).toBe(VERSION)
})
