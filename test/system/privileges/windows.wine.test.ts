import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { MOUNTS_CHECKS } from '../../contracts/mounts.checks.ts'
import { READER_START_CHECKS } from '../../contracts/reader-start.checks.ts'
import { allPass } from '../../contracts/run-checks.ts'
import { USERS_CHECKS } from '../../contracts/users.checks.ts'
import { onWindows } from '../../support/windows/windows.ts'

/**
 * Users, drives and the start of a reader, with the real addon. Wine stands in for Windows. It has one user and no sessions of
 * others, takes integrity levels and most limits of jobs without acting on them, and knows no domain: a reader with another user's
 * token, low integrity, bounded memory and names of a domain are not tried.
 */

const PROGRAM = join(import.meta.dirname, 'windows-probe.ts')
const PROFILES = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList'
const utf16 = (text: string) => Buffer.from(`${text}\0`, 'utf16le')

onWindows('Windows tells users and drives, and starts a reader that gives up its rights', async (windows) => {
  // Wine has the letters of drives as links, and their kinds in the registry.
  for (const letter of ['n:', 'r:']) symlinkSync(windows.driveC, join(windows.driveC, '../dosdevices', letter))
  await windows.writeRegistry({
    'HKEY_LOCAL_MACHINE\\Software\\Wine\\Drives': { 'n:': 'network', 'r:': 'floppy' },
    [`${PROFILES}\\S-1-5-21-9-9-9-1001`]: { ProfileImagePath: { type: 2, bytes: utf16('%SystemDrive%\\users\\änn') } },
    [`${PROFILES}\\S-1-5-21-9-9-9-1002`]: { ProfileImagePath: 7 },
    [`${PROFILES}\\S-1-5-21-9-9-9-1003`]: { ProfileImagePath: `C:\\${'x'.repeat(5_000)}` },
    [`${PROFILES}\\S-1-5-21-9-9-9-1004`]: {},
    [`${PROFILES}\\S-1-5-21-9-9-9-1001.bak`]: { ProfileImagePath: 'C:\\users\\old' },
    [`${PROFILES}\\${'x'.repeat(200)}`]: { ProfileImagePath: 'C:\\users\\x' },
  })
  // It looks at its drives when it starts.
  await windows.restart()
  const { stdout } = await windows.run(PROGRAM)
  const seen = JSON.parse(stdout)
  expect(seen.failed).toBeUndefined()
  expect(seen.contracts).toEqual(allPass([...USERS_CHECKS, ...MOUNTS_CHECKS, ...READER_START_CHECKS]))
  const written = seen.users.filter(({ id }: { id: string }) => id.startsWith('S-1-5-21-9-9-9-'))
  expect(written).toEqual([
    { id: 'S-1-5-21-9-9-9-1001', name: 'änn', home: 'C:/users/änn', shell: '', kind: 'human' },
    ...['1002', '1003', '1004'].map((last) => {
      const id = `S-1-5-21-9-9-9-${last}`
      return { id, name: id, home: '', shell: '', kind: 'human' }
    }),
  ])
  const kinds = Object.fromEntries(seen.drives.map(({ path, kind }: { path: string; kind: number }) => [path, kind]))
  expect(kinds).toMatchObject({ 'C:\\': 3, 'N:\\': 4, 'R:\\': 2 })
  expect(seen.refusals.thrown).toEqual(Array(5).fill('TypeError'))
  expect(seen.refusals.errors.every((error: number) => error > 0)).toBe(true)
  const child = {
    before: { userId: seen.ownUserId, isAdministrator: false },
    own: 'user',
    other: `user ${seen.ownUserId} may not read the home of user S-1-5-21-9-9-9-1001`,
    left: { userId: seen.ownUserId, isAdministrator: false, privileges: 0, integrity: expect.any(Number) },
    environment: expect.arrayContaining(['PATH', 'SystemDrive', 'SystemRoot']),
    folder: expect.stringMatching(/^C:\\windows\\system32$/i),
  }
  expect([seen.child, seen.sessionChild]).toEqual([child, child])
  // Wine knows the group and no member of it.
  expect(seen.administrators).toEqual([])
  expect(seen.sessions).toEqual([expect.objectContaining({ userId: seen.ownUserId })])
})
