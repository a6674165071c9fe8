import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { daemonSettings } from '../../src/config/daemon.ts'
import { directorySettings } from '../../src/config/directory.ts'
import type { Settings } from '../../src/config/settings.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/reference/settings.md'), 'utf8')

/** Setting and default of each row below the heading of a program. */
function documented(program: string): readonly string[] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${program}\n`)) ?? ''
  return [...section.matchAll(/^\| `(\S+)` \| .+ \| (?:`(.+)`|none) \|$/gm)].map(
    ([, key, value = '']) => `${key} ${value}`,
  )
}

const expected = (settings: Settings) =>
  Object.entries(settings).map(([key, { default: value }]) => {
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0)
    return `${key} ${isEmpty ? '' : value}`
  })

test.each<[string, Settings]>([
  ['suretyd', daemonSettings],
  ['surety-directory', directorySettings],
])('docs/reference/settings.md has each setting of %s with its default, and no other', (program, settings) => {
  expect(documented(program)).toEqual(expected(settings))
})
