import { checkFixedEncrypted, checkRootEncrypted } from '../../../src/posture/darwin/disk-encryption.ts'
import { parseApfsVolumes } from '../../../src/posture/parsers/disk/apfs-volumes.ts'
import { context } from '../fake-components.ts'
import { fixture, mac } from './mac.ts'

const fdesetup = (stdout: string) => mac({}, { fdesetup: { stdout } })

test.each([
  ['FileVault is On.\n', 'pass', 'FileVault is on.'],
  ['FileVault is Off.\n', 'fail', 'FileVault is off.'],
  ['FileVault is On.\nEncryption in progress: Percent completed = 42.31\n', 'fail', 'being turned on'],
  ['FileVault is On.\nEncryption in progress: Pending\n', 'fail', 'being turned on'],
  ['FileVault is Off.\nDecryption in progress: Percent completed = 7\n', 'fail', 'being turned off'],
  ["FileVault is Off.\nDeferred enablement appears to be active for user 'ann'.\n", 'fail', 'set to be turned on'],
])('%j is %s', async (stdout, state, detail) => {
  expect(await checkRootEncrypted(fdesetup(stdout), context)).toEqual({
    state,
    detail: expect.stringContaining(detail),
  })
})

test.each(['', 'FileVault ist aktiviert.\n', 'FileVault is O', 'Error: Unable to read FileVault status.\n'])(
  'FileVault reported as %j is unknown',
  async (stdout) => expect(await checkRootEncrypted(fdesetup(stdout), context)).toMatchObject({ state: 'unknown' }),
)

const LIST = fixture('diskutil-apfs-list.plist')
const diskutil = (stdout: string) => mac({}, { diskutil: { stdout } })

test('every volume with personal files is encrypted; those of macOS do not count', async () => {
  expect(await checkFixedEncrypted(diskutil(LIST), context)).toEqual({
    state: 'pass',
    detail: expect.stringContaining('Macintosh HD, Data and Nix Store'),
  })
})

const change = (name: string, member: string, to: string) =>
  LIST.replace(
    new RegExp(`(<key>${member}</key>\\s*)<(?:true|false)/>([\\s\\S]{0,400}?<string>${name}</string>)`),
    `$1<${to}/>$2`,
  )

test('a volume without a password is named', async () => {
  expect(await checkFixedEncrypted(diskutil(change('Nix Store', 'FileVault', 'false')), context)).toEqual({
    state: 'fail',
    detail: 'Not encrypted with a password: Nix Store.',
  })
})

test('a volume that is being encrypted is not whole', async () => {
  expect(await checkFixedEncrypted(diskutil(change('Nix Store', 'CryptoMigrationOn', 'true')), context)).toEqual({
    state: 'fail',
    detail: 'Not encrypted whole yet: Nix Store.',
  })
})

test.each([
  ['nothing', ''],
  ['a list that is cut', LIST.slice(0, LIST.length / 2)],
  ['no containers', '<plist><dict/></plist>'],
  ['a volume without its state', LIST.replace('<key>FileVault</key>', '<key>Other</key>')],
  ['a container without volumes', '<plist><dict><key>Containers</key><array><dict/></array></dict></plist>'],
  ['no volume of people', '<plist><dict><key>Containers</key><array/></dict></plist>'],
])('with %s it is unknown', async (_, stdout) => {
  expect(await checkFixedEncrypted(diskutil(stdout), context)).toMatchObject({ state: 'unknown' })
})

test('volumes are read with their roles', () => {
  expect(parseApfsVolumes(LIST)?.at(-1)).toEqual({ name: 'Nix Store', roles: [], fileVault: true, migrating: false })
  expect(parseApfsVolumes(LIST)).toHaveLength(13)
})
