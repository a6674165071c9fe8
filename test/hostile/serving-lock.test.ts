import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveAlone } from '../../src/directory/store/serve-alone.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { runDirectory } from '../support/directory/directory-process.ts'
import { withVictim } from '../support/users/other-user.ts'

/** The lock of a server, `serving.sqlite`, is emptied when it is damaged; no other file ever is. */

test.each<[string, (path: string, victim: string) => unknown]>([
  ['is a link', (path, victim) => symlinkSync(victim, path)],
  ['is a hard link', (path, victim) => linkSync(victim, path)],
  ['is a folder', (path) => mkdirSync(path)],
  ['is a FIFO', (path) => execFileSync('/usr/bin/mkfifo', [path])],
  ['has a log that is a link', (path, victim) => symlinkSync(victim, `${path}-wal`)],
  ['has a log that is a hard link', (path, victim) => linkSync(victim, `${path}-wal`)],
  ['has an index that is a link', (path, victim) => symlinkSync(victim, `${path}-shm`)],
  ['has a journal that is a link', (path, victim) => symlinkSync(victim, `${path}-journal`)],
  [
    'is damaged and has a log that is a link',
    (path, victim) => {
      writeFileSync(path, 'no database', { mode: 0o600 })
      symlinkSync(victim, `${path}-wal`)
    },
  ],
])('no other file is emptied where serving.sqlite %s', async (_, place) => {
  using house = withVictim()
  place(join(house.data, 'serving.sqlite'), house.victim)
  expect(await codeThrown(() => serveAlone(house.data, { pid: 1, host: 'test', since: 0 }))).toBe('STORE_FAILED')
  expect(readFileSync(house.victim, 'utf8')).toBe('x')
})

test('a server that finds its lock to be a link ends with advice', async () => {
  using house = withVictim()
  symlinkSync(house.victim, join(house.data, 'serving.sqlite'))
  expect(
    await runDirectory([
      'serve',
      '--data',
      house.data,
      '--api-port',
      '0',
      '--devices-port',
      '0',
      '--console-port',
      '0',
    ]),
  ).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /serving\.sqlite": .*it is a link, which is not followed: remove it.*\[STORE_FAILED\]\n$/,
    ),
  })
  expect([readFileSync(house.victim, 'utf8'), existsSync(join(house.data, 'keys'))]).toEqual(['x', false])
})

test('a damaged one is emptied and used', () => {
  using house = withVictim()
  const path = join(house.data, 'serving.sqlite')
  writeFileSync(path, 'no database', { mode: 0o600 })
  const { ino } = lstatSync(path)
  using _lock = serveAlone(house.data, { pid: 1, host: 'test', since: 0 })
  expect(lstatSync(path).ino).toBe(ino)
})
