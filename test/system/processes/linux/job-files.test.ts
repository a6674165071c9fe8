import { chownSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { linuxJobFiles } from '../../../../src/system/processes/linux/job-files.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { asRoot, MALLORY } from '../../../support/users/other-user.ts'
import { waitFor } from '../../../support/wait-for.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const at = join(folder.path, 'atjobs')
const cron = join(folder.path, 'crontabs')
const files = linuxJobFiles({ atFolders: [at, '/no/such/folder'], cronFolders: [cron] })
const ticksNow = () => Math.floor(uptime() * 100)
const OWN = String(process.getuid?.())

beforeEach(() => {
  for (const path of [at, cron]) {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path)
  }
})

test('finds jobs made since, also when atd renamed them or their times were forged', async () => {
  writeFileSync(join(at, 'a0000101c8bbd4'), '')
  const start = ticksNow()
  await waitFor('later times', () => ticksNow() > start + 10)
  const since = ticksNow()
  writeFileSync(join(at, 'a0000201c8bbd4'), '')
  writeFileSync(join(at, 'b0000301c8bbd5'), '')
  renameSync(join(at, 'a0000101c8bbd4'), join(at, '=0000101c8bbd4'))
  renameSync(join(at, 'b0000301c8bbd5'), join(at, '=0000301c8bbd5'))
  utimesSync(join(at, 'a0000201c8bbd4'), 0, 0)
  expect([...files.atJobsSince(OWN, since)].sort()).toEqual(['0000201c8bbd4', '0000301c8bbd5'])
  expect(files.atJobsSince(OWN, start)).toHaveLength(3)
})

test('what is no job is none: other names, folders, links', () => {
  for (const name of ['.SEQ', '.lockfile', 'a0000101c8bbd', '=0000101c8bbd4x']) writeFileSync(join(at, name), '')
  mkdirSync(join(at, 'a0000101c8bbd4'))
  symlinkSync('.SEQ', join(at, 'a0000201c8bbd4'))
  expect(files.atJobsSince(OWN, 0)).toEqual([])
})

test.each([
  [join(at, '=0000101c8bbd4'), '0000101c8bbd4'],
  [join(at, '=0000101c8bbd4 (deleted)'), '0000101c8bbd4'],
  [join(at, 'deeper/=0000101c8bbd4'), undefined],
  ['/tmp/=0000101c8bbd4', undefined],
  [at, undefined],
])('the job of %s is %s', (path, job) => {
  expect(files.atJobOf(path)).toBe(job)
})

test('tells a crontab written since from an older one', async () => {
  writeFileSync(join(cron, 'ada'), '# none')
  const start = ticksNow()
  await waitFor('later times', () => ticksNow() > start + 10)
  expect([files.hasCrontab(OWN), files.hasCrontab(OWN, ticksNow())]).toEqual([true, false])
  writeFileSync(join(cron, 'ada'), '# some')
  expect(files.hasCrontab(OWN, start + 10)).toBe(true)
})

asRoot('files of another user')('files of other users are not theirs', () => {
  for (const path of [join(at, 'a0000101c8bbd4'), join(cron, 'mallory')]) {
    writeFileSync(path, '')
    chownSync(path, MALLORY, MALLORY)
  }
  expect([files.atJobsSince(OWN, 0), files.hasCrontab(OWN)]).toEqual([[], false])
  expect([files.atJobsSince(String(MALLORY), 0), files.hasCrontab(String(MALLORY))]).toEqual([['0000101c8bbd4'], true])
})

test('without such folders there is nothing', () => {
  const none = linuxJobFiles({ atFolders: ['/no/such/folder'], cronFolders: ['/no/such/folder'] })
  expect([none.atJobsSince('0', 0), none.hasCrontab('0'), none.isTransientUnit('no-such.service')]).toEqual([
    [],
    false,
    false,
  ])
})
