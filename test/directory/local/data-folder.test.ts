import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../../src/base/errors.ts'
import { type DirectoryConfig, loadDirectoryConfig } from '../../../src/config/directory.ts'
import { anchors } from '../../../src/directory/local/anchors.ts'
import { backups } from '../../../src/directory/local/backups.ts'
import { resetAdministrator } from '../../../src/directory/local/reset-administrator.ts'
import { updates } from '../../../src/directory/local/updates.ts'
import { serve } from '../../../src/directory/serve.ts'
import { otherOwner } from '../../../src/system/files/own/folder-owner.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** What root writes into the data folder of another user: its server could not read it. */

const root = process.geteuid?.() === 0 ? test : test.skip
const NOBODY = 65_534
const folder = temporaryFolder()
const data = join(folder.path, 'data')
const at = (name: string) => join(folder.path, name)
const config = loadDirectoryConfig({
  flags: { data },
  file: undefined,
  environment: {},
  policyFolder: '/nowhere',
}).config

beforeAll(() => {
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(join(data, 'directory.sqlite'), '')
  if (process.geteuid?.() === 0) chownSync(data, NOBODY, NOBODY)
})
afterAll(() => folder[Symbol.dispose]())

const backup = { progress: () => undefined, signal: new AbortController().signal, passphraseFile: undefined }
const WRITERS: readonly (readonly [name: string, run: (config: DirectoryConfig) => Promise<unknown>])[] = [
  ['anchors add', (given) => anchors.add(given, [at('ca.pem')])],
  ['updates init', (given) => updates.init(given, {})],
  ['updates init with keys elsewhere', (given) => updates.init(given, { keys: at('keys') })],
  ['updates refresh', (given) => updates.refresh(given, {}, { targets: false })],
  ['updates promote', (given) => updates.promote(given, {}, { channel: 'stable', version: '1.0.0', percent: 100 })],
  ['updates rotate', (given) => updates.rotate(given, {}, { role: 'root', newKeys: at('new') })],
  ['backup create', (given) => backups.create(given, at('backup'), backup)],
  ['restore', (given) => backups.restore(given, at('backup'), backup)],
  ['administrator reset', resetAdministrator],
  ['serve', (given) => serve(given, { readyJson: false })],
]

root.each(WRITERS)('(root) %s is refused with the command that works, and writes nothing', async (_, run) => {
  const error: Error = await run(config).then(
    () => new Error('it was not refused'),
    (reason) => reason,
  )
  expect([codeOf(error), error.message]).toEqual([
    'NOT_PERMITTED',
    expect.stringContaining('If that is the user of the directory: runuser -u nobody -- surety-directory'),
  ])
  expect([readdirSync(data), readdirSync(folder.path)]).toEqual([['directory.sqlite'], ['data']])
})

root('(root) places outside of the data folder are those of root', async () => {
  await updates.init(config, { repository: at('repository'), keys: at('keys') })
  expect(readdirSync(data)).toEqual(['directory.sqlite'])
})

test('a file of this user and a file that is absent have no other owner', () => {
  expect([otherOwner(folder.path), otherOwner(at('absent'))]).toEqual([undefined, undefined])
})

root('(root) names a user without a name by number', () => {
  mkdirSync(at('unnamed'))
  chownSync(at('unnamed'), 54_321, 54_321)
  expect(otherOwner(at('unnamed'))).toBe('54321')
})
