import { chmodSync, mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { homeMemories } from '../../../src/reader/home-memories.ts'
import { homeReader } from '../../../src/reader/home-reader.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fixtureHome, writeChromiumProfile } from '../../support/homes/fixture-home.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { localUser } from '../../support/users/local-user.ts'
import { hostileForRoot } from '../hostile-program.ts'

/** Folders of profiles that a process names, on a mount whose server is dead: the look at that home must not wait for it. */

const READER = join(import.meta.dirname, '../../../src/main-reader.ts')
const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const { hostile, whenPossible } = hostileForRoot(folder.path, 'a dead mount that a browser is told to use')
const signal = new AbortController().signal

whenPossible('are reported, not touched: on the mount, by a link, around it, and after a read', async () => {
  chmodSync(folder.path, 0o755)
  using home = fixtureHome()
  using data = fixtureHome('/dev/shm')
  const extension = { id: SIDER, manifest: { name: 'Sider', version: '1' } }
  for (const each of ['desk/Default', 'desk/late', 'soon/Default']) writeChromiumProfile(data, each, [extension])
  for (const each of [home, data]) each.giveTo(2004, 2004)
  const memories = homeMemories({ log: silentLog }, { folder: join(folder.path, 'memories') })
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', READER] as const
  const reader = homeReader(
    { startProgram, clock: new FakeClock(), memories },
    { command, timeoutMs: scaledMs(20_000) },
  )
  const user = localUser({ name: 'ada', home: home.path, uid: 2004, gid: 2004 })
  const look = async (...paths: readonly string[]) => {
    const profiles = paths.map((path) => ({ family: 'chromium', product: 'chromium', path }) as const)
    const request = { user, catalogue: builtInCatalogue(), tasks: ['chromium'] as const, profiles }
    const { sightings, sources } = await reader.readHome(request, { signal })
    return {
      found: sightings.map((each) => 'profile' in each && each.profile.replace(data.path, '')),
      told: sources.map(({ path, state, reason }) => `${state} ${path?.replace(data.path, '')} ${reason ?? ''}`),
    }
  }
  const paths = ['desk', 'soon', 'soon/Default', 'linked', 'linked/Default'].map((path) => data.at(path))
  expect((await look(...paths)).found).toEqual(['/desk/Default', '/desk/late', '/soon/Default'])
  mkdirSync(data.at('dead'))
  symlinkSync(data.at('dead'), data.at('linked'))
  await using _soon = await hostile?.start('hang', data.at('soon'), 'read')
  await using _late = await hostile?.start('hang', data.at('desk/late'), 'read')
  await using _dead = await hostile?.start('hang', data.at('dead'), 'read')
  const { found, told } = await look(...paths)
  expect(found).toEqual(['/desk/Default'])
  expect(told).toEqual([
    'unreadable /soon 2 folders of profiles that processes named: on fuse, which may not answer',
    'unreadable /linked 2 folders of profiles that processes named: behind a link',
    expect.stringMatching(/^unreadable \/desk\/late .* lies on fuse, which may not answer$/),
    'parsed /desk/Default ',
    `parsed ${home.path} `,
  ])
  // A folder that was read becomes a link to it.
  renameSync(data.at('desk/Default'), data.at('desk/was'))
  symlinkSync(data.at('dead'), data.at('desk/Default'))
  expect((await look(...paths)).found).toEqual(['/desk/was'])
})
