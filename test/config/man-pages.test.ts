import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../src/base/version.ts'
import { daemonSettings } from '../../src/config/daemon.ts'
import { directorySettings } from '../../src/config/directory.ts'
import { flagName } from '../../src/config/settings.ts'

/** The page's source as a reader sees its words: roff's escaped hyphens are hyphens. */
const page = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../docs/man', name), 'utf8').replaceAll('\\-', '-')

test.each([
  ['suretyd.8', daemonSettings],
  ['surety-directory.8', directorySettings],
])('%s names every setting with its flag, and no other', (name, settings) => {
  const written = [...page(name).matchAll(/^\.BR (\S+) ", " (\S+)$/gm)].map(([, key, flag]) => `${key} ${flag}`)
  expect(written).toEqual(Object.keys(settings).map((key) => `${key} ${flagName(key)}`))
})

test.each(['surety.1', 'suretyd.8', 'surety-directory.8'])('%s is of this version', (name) => {
  expect(page(name)).toContain(`surety ${VERSION}`)
})
