import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { changedParts, type Installation, lookAtInstallation } from '../../../src/daemon/tamper/installation.ts'
import type { InstallationPlaces } from '../../../src/system/platform.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const never = new AbortController().signal

function installed() {
  const folder = temporaryFolder()
  const at = (name: string) => join(folder.path, name)
  mkdirSync(at('program/native'), { recursive: true })
  writeFileSync(at('program/suretyd.mjs'), 'run()')
  writeFileSync(at('program/native/addon.node'), 'ELF')
  mkdirSync(at('usr'))
  writeFileSync(at('usr/suretyd.service'), '[Service]')
  mkdirSync(at('etc/wants'), { recursive: true })
  symlinkSync(at('usr/suretyd.service'), at('etc/wants/suretyd.service'))
  const places: InstallationPlaces = {
    program: at('program'),
    packaged: [at('usr/suretyd.service')],
    local: [at('etc/suretyd.service.d'), at('etc/suretyd.service'), at('etc/wants/suretyd.service')],
  }
  const look = (version = '1.0.0', before?: Installation) =>
    lookAtInstallation(places, { version, before, signal: never })
  return { at, look, places, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

test.each<[string, (at: (name: string) => string) => void, 'program' | 'service', string]>([
  ['another program', (at) => writeFileSync(at('program/suretyd.mjs'), 'lie()'), 'program', 'program/suretyd.mjs'],
  ['a new file', (at) => writeFileSync(at('program/preload.mjs'), ''), 'program', 'program/preload.mjs'],
  ['a file that is gone', (at) => rmSync(at('program/native/addon.node')), 'program', 'program/native/addon.node'],
  ['another unit', (at) => writeFileSync(at('usr/suretyd.service'), '[Service] '), 'service', 'usr/suretyd.service'],
  ['a masked unit', (at) => symlinkSync('/dev/null', at('etc/suretyd.service')), 'service', 'etc/suretyd.service'],
  ['a disabled unit', (at) => rmSync(at('etc/wants/suretyd.service')), 'service', 'etc/wants/suretyd.service'],
])('%s', async (_, change, kind, path) => {
  using here = installed()
  const before = await here.look()
  change(here.at)
  expect(changedParts(before, await here.look('1.0.0', before))).toEqual({
    program: [],
    service: [],
    [kind]: [here.at(path)],
  })
})

test('reports a drop-in of the unit with its folder, also at an upgrade', async () => {
  using here = installed()
  const before = await here.look()
  mkdirSync(here.at('etc/suretyd.service.d'))
  writeFileSync(here.at('etc/suretyd.service.d/override.conf'), '[Service]\nExecStart=/bin/true\n')
  const both = [here.at('etc/suretyd.service.d'), here.at('etc/suretyd.service.d/override.conf')]
  expect(changedParts(before, await here.look('1.1.0', before)).service).toEqual(both)
})

test('an upgrade may change the program and its unit', async () => {
  using here = installed()
  const before = await here.look()
  writeFileSync(here.at('program/suretyd.mjs'), 'run(2)')
  writeFileSync(here.at('usr/suretyd.service'), '[Service]\nWatchdogSec=120')
  expect(changedParts(before, await here.look('1.1.0', before))).toEqual({ program: [], service: [] })
})

test('what is the same again is no change, though it was touched', async () => {
  using here = installed()
  const before = await here.look()
  writeFileSync(here.at('program/suretyd.mjs'), 'run()')
  chmodSync(here.at('program/suretyd.mjs'), 0o640)
  expect(changedParts(before, await here.look('1.0.0', before))).toEqual({ program: [], service: [] })
})

test('values of the registry are parts of the service, in any order', async () => {
  const look = (facts: Readonly<Record<string, string>>) =>
    lookAtInstallation({ packaged: [], local: [], facts: () => facts }, { version: '1.0.0', signal: never })
  const before = await look({ Start: '2', ImagePath: 'C:\\x' })
  expect(changedParts(before, await look({ ImagePath: 'C:\\x', Start: '2' })).service).toEqual([])
  expect(changedParts(before, await look({ ImagePath: 'C:\\x', Start: '4' })).service).toEqual(['Start'])
})

test('looks at some of thousands of files in a folder, and keeps the count of the rest', async () => {
  using here = installed()
  for (let at = 0; at < 1_100; at++) writeFileSync(here.at(`program/${at}`), '')
  const found = await here.look()
  expect([Object.keys(found.parts).length, found.leftOut > 90]).toEqual([1_000, true])
})
