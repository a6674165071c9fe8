import { execFileSync, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import { collectGarbage, hasHeapGrown } from '../../../src/system/program/v8-memory.ts'

test('the heap grows by what was made since the last collection, then by nothing', () => {
  collectGarbage()
  expect(hasHeapGrown(1_000_000)).toBe(false)
  const made = Array.from({ length: 1_000_000 }, (_, at) => at + 0.5)
  expect([hasHeapGrown(4 * made.length), hasHeapGrown(1e9)]).toEqual([true, false])
})

test('what was made and dropped of late is no growth', () => {
  const used = () => getHeapStatistics().used_heap_size
  const last: string[] = []
  const before = used()
  for (let at = 0; used() < before + 2_000_000; at++)
    last[at % 64] = 'dropped '
      .repeat(at % 9)
      .split('')
      .join('.')
  const full = used()
  expect(hasHeapGrown(1e9)).toBe(false)
  expect(used()).toBeGreaterThan(full - 1_000_000)
  hasHeapGrown(-1e9)
  expect(used()).toBeLessThan(full - 1_000_000)
})

test('what lies outside the heap counts half', () => {
  collectGarbage()
  const made = new Uint8Array(64_000_000)
  expect([hasHeapGrown(made.length / 4), hasHeapGrown(made.length)]).toEqual([true, false])
})

test('one release of memory frees the compiled code of functions that ran once', () => {
  const engine = JSON.stringify(resolve(import.meta.dirname, '../../../src/system/program/v8-memory.ts'))
  const script = `
    const { getHeapSpaceStatistics } = await import('node:v8')
    const { collectGarbage, keepEngineSmall } = await import(${engine})
    keepEngineSmall()
    // Of compiled code.
    const bytes = () => getHeapSpaceStatistics().find((space) => space.space_name === 'trusted_space').space_used_size
    const before = bytes()
    const made = Array.from({ length: 2_000 }, (_, at) => new Function('x', 'return [x, ' + at + ', x + ' + at + ']'))
    for (const each of made) each(1)
    const ran = bytes()
    collectGarbage()
    console.log(JSON.stringify({ made: ran - before, freed: ran - bytes() }))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  const { made, freed } = JSON.parse(output)
  expect(made).toBeGreaterThan(200_000)
  expect(freed).toBeGreaterThan(0.9 * made)
})

test('the engine knows the flags of early collection, and complains of others', () => {
  const engine = JSON.stringify(resolve(import.meta.dirname, '../../../src/system/program/v8-memory.ts'))
  const run = (script: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stderr
  expect(run("(await import('node:v8')).setFlagsFromString('--no-such-flag')")).toContain('no-such-flag')
  expect(run(`const { collectEagerly } = await import(${engine}); collectEagerly(true); collectEagerly(false)`)).toBe(
    '',
  )
})
