import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../src/discovery/discovery.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { homeReader } from '../../../src/reader/home-reader.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import type { LocalUser } from '../../../src/system/users/users.ts'
import { machine } from '../../posture/fake-components.ts'
import { askDaemon, statusAt, waitForStatus } from '../../support/daemon/ask-daemon.ts'
import { daemonProcess } from '../../support/daemon/daemon-process.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { localUser } from '../../support/users/local-user.ts'
import { waitFor } from '../../support/wait-for.ts'
import { hostileForRoot } from '../hostile-program.ts'

const READER = join(import.meta.dirname, '../../../src/main-reader.ts')
const folder = temporaryFolder()
// The owner of a home must be able to reach it.
chmodSync(folder.path, 0o755)
afterAll(() => folder[Symbol.dispose]())
const { hostile, whenPossible } = hostileForRoot(folder.path, 'a file system that hangs')
const signal = new AbortController().signal
/** Time enough for a home that answers. */
const DEADLINE_MS = scaledMs(5_000, { times: 5 })

function userOf(name: string, uid: number, home: string): LocalUser {
  return localUser({ name, home, uid, gid: uid })
}

/** The reader children of this process that still exist, by their state in the kernel. */
function children(): readonly string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (Number(parent) !== process.pid || state === 'Z') return []
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('reader') ? [state ?? ''] : []
    } catch {
      return []
    }
  })
}

whenPossible('gives up homes on a hanging file system at their deadline, and reads the others', async () => {
  using good = fixtureHome()
  good.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '3.0.65' })
  good.giveTo(2003, 2003)
  const [taken, waiting] = [join(folder.path, 'taken'), join(folder.path, 'waiting')]
  for (const path of [taken, waiting]) mkdirSync(path)
  // Mounted by its person, a home is read all the same: there is nothing else.
  chownSync(taken, 2001, 2001)
  const users = [userOf('taken', 2001, taken), userOf('waiting', 2002, waiting), userOf('good', 2003, good.path)]
  const homes = homeReader(
    { startProgram, clock: new FakeClock() },
    { command: [process.execPath, '--disable-warning=ExperimentalWarning', READER], timeoutMs: DEADLINE_MS },
  )
  const discovery = createDiscovery(
    {
      homes,
      processes: linuxProcesses(),
      systemFiles: machine().files,
      clock: new FakeClock(),
      users: { list: async () => users },
    },
    { catalogue: builtInCatalogue(), userId: '0' },
  )
  const hanging = ['timed-out an earlier reader of this home still hangs']
  const look = async () => {
    const { sightings, sources } = await discovery.collect({ signal })
    const seen = sightings.filter(({ user }) => user?.id === '2003').map(({ name }) => name)
    const told = users.map(({ id }) => [
      ...new Set(sources.filter(({ user }) => user?.id === id).map(({ state, reason }) => `${state} ${reason}`)),
    ])
    return { seen, told }
  }
  {
    await using _taken = await hostile?.start('hang', taken, 'read')
    await using _waiting = await hostile?.start('hang', waiting, 'unread')
    const killed = [`timed-out the reader was killed after ${DEADLINE_MS} ms`]
    expect(await look()).toEqual({ seen: ['Cline CLI'], told: [killed, killed, ['parsed undefined']] })
    // The kernel does not let go of the one; it is not joined by a second.
    expect(children()).toEqual(['D'])
    expect(await look()).toEqual({ seen: ['Cline CLI'], told: [hanging, killed, ['parsed undefined']] })
    expect(children()).toEqual(['D'])
  }
  // Its file system is gone: the child ends at last, and the home is looked at again.
  let after = await look()
  while (after.told[0]?.[0] === hanging[0]) after = await look()
  const parsed = ['parsed undefined']
  expect(after).toEqual({ seen: ['Cline CLI'], told: [parsed, parsed, parsed] })
})

whenPossible('continues, names the home that does not answer, and reads it again when it does', async () => {
  using good = fixtureHome()
  good.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '3.0.65' })
  good.giveTo(2003, 2003)
  const hung = join(folder.path, 'hung')
  mkdirSync(hung)
  const passwd = join(folder.path, 'passwd')
  writeFileSync(passwd, `hung:x:2001:2001::${hung}:/bin/sh\nada:x:2003:2003::${good.path}:/bin/sh\n`)
  await using act = await hostile?.start('hang', hung, 'read')
  // Its own accounts, in a mount namespace of its own.
  const prefix = ['/usr/bin/unshare', '-m', '/bin/sh', '-c', `mount --bind ${passwd} /etc/passwd && exec "$@"`, 'sh']
  await using daemon = daemonProcess({ folder: folder.path, prefix })
  await daemon.listening()
  const socket = join(folder.path, 'run', 'control.sock')
  const warned = ({ health }: Status) => health.find(({ code }) => code === 'HOME_UNANSWERED')?.remedy
  const seen = await waitForStatus(socket, (now) => warned(now) !== undefined)
  expect(warned(seen)).toMatch(
    /^No answer from the home of hung\. A home folder could not be read in time\. .*unmount the folder/,
  )
  expect(seen.sightings.map(({ name }) => name)).toContain('Cline CLI')
  const states = ({ sources }: Status, name: string) => [
    ...new Set(sources.filter(({ user }) => user?.name === name).map(({ state }) => state)),
  ]
  expect([states(seen, 'hung'), states(seen, 'ada')]).toEqual([['timed-out'], ['parsed']])
  await act?.[Symbol.asyncDispose]()
  // The child that hung may end a moment later than its file system; the schedule would look again by itself.
  const refreshed = async () => {
    const status = await statusAt(socket)
    if (warned(status) !== undefined) await askDaemon(socket, 'refresh')
    return status
  }
  const healed = await waitFor('the end of the warning', refreshed, {
    until: (status) => warned(status) === undefined,
    everyMs: 200,
    withinMs: 180_000,
  })
  // Where it is still mounted its server is gone, and that is said at once.
  expect(states(healed, 'hung')).toEqual(['unreadable'])
  daemon.kill('SIGTERM')
  expect(await daemon.exit).toBe(0)
})
