import { readScreenLock, screenLockSettings } from '../../../src/posture/screen-lock.ts'
import { FakeFileReader, type FakeNode } from '../../support/fake-file-reader.ts'
import { plist } from './mac.ts'

const FOLDER = '/Users/ann/Library/Preferences/ByHost'
const SAVER = `${FOLDER}/com.apple.screensaver.5D0D176D-E8CC-4E8B-815C-444A679390BD.plist`
const read = (nodes: Readonly<Record<string, FakeNode>>) => readScreenLock(new FakeFileReader(nodes), '/Users/ann')

test.each<[string, Readonly<Record<string, FakeNode>>, unknown]>([
  ['no settings', {}, undefined],
  ['settings of others', { [`${FOLDER}/com.apple.loginwindow.X.plist`]: plist({ idleTime: 5 }) }, undefined],
  ['a time', { [SAVER]: plist({ idleTime: 600, moduleName: 'Arabesque' }) }, { idleSeconds: 600 }],
  ['never', { [SAVER]: plist({ idleTime: 0 }) }, { idleSeconds: 0 }],
  ['no time', { [SAVER]: plist({ CleanExit: true }) }, {}],
  ['a time that is none', { [SAVER]: plist({ idleTime: 'soon' }) }, {}],
])('a home with %s', async (_, nodes, expected) => {
  const settings = await read(nodes)
  expect(settings.mac).toEqual(expected)
  // As the reader sends them.
  expect(screenLockSettings.read(JSON.parse(JSON.stringify(settings)))).toEqual(settings)
})

test.each<[string, FakeNode, string]>([
  ['is not understood', 'bplist00 and no more', 'INPUT_MALFORMED'],
  ['is a link', { link: '/etc/passwd' }, 'FILE_IS_LINK'],
  ['is very large', 'x'.repeat(70_000), 'FILE_TOO_LARGE'],
  ['may not be read', { fails: 'FILE_UNREADABLE' }, 'FILE_UNREADABLE'],
])('a file that %s is an error', async (_, node, code) => {
  await expect(read({ [SAVER]: node })).rejects.toMatchObject({ code })
})
