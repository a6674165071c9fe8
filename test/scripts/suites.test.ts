import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { FAMILY_NAMES, familiesOf, familyOfDay, isMisnamed, SLOW_TESTS } from '../support/jest/suites.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const TESTS = globSync('test/**/*.test.ts', { cwd: ROOT }).map((path) => `/${path}`)
const isOfNoFamily = (path: string) => /^\/test\/(smoke|laptop)\//.test(path)

test('each test that starts programs belongs to one family, and no test to two', () => {
  const wrong = TESTS.filter((path) => {
    const least = /\.(process|wine)\.test\.ts$/.test(path) && !isOfNoFamily(path) ? 1 : 0
    const count = familiesOf(path).length
    return count > 1 || count < least
  })
  expect(wrong).toEqual([])
})

test('the tests that start first exist', () => {
  expect(SLOW_TESTS.filter((name) => !TESTS.includes(`/test/${name}.test.ts`))).toEqual([])
})

test('each family has tests and a day', () => {
  expect(new Set(TESTS.flatMap(familiesOf))).toEqual(new Set(FAMILY_NAMES))
  const days = FAMILY_NAMES.map((_, day) => familyOfDay(20_000 + day))
  expect(new Set(days)).toEqual(new Set(FAMILY_NAMES))
})

test.each([
  ['/test/system/files/locks.test.ts', 1, true],
  ['/test/system/files/locks.test.ts', 0, false],
  ['/test/system/files/locks.process.test.ts', 1, false],
  ['/test/smoke/programs.test.ts', 1, false],
  ['/test/hostile/floods/flood.test.ts', 1, false],
])('%s with %i programs: misnamed is %s', (path, programs, misnamed) => {
  expect(isMisnamed(path, programs)).toBe(misnamed)
})
