import fc from 'fast-check'
import { MAX_NAMED_PROFILES, profilesByUser } from '../../../src/discovery/browsers/named-profiles.ts'
import { misspelt } from '../../../src/discovery/browsers/profile-access-policy.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { ProcessStanding } from '../../../src/system/processes/process-details.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import type { LocalUser } from '../../../src/system/users/users.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const ALICE: LocalUser = { id: '1000', name: 'alice', home: '/home/alice', shell: '/bin/sh', kind: 'human' }
const CHROMIUM = '/usr/lib/chromium/chromium'
const FIREFOX = '/usr/lib/firefox-esr/firefox-esr'

const processOf = (executable: string | undefined, argv: readonly string[], more: Partial<ProcessEntry> = {}) => ({
  pid: 7,
  parentPid: 1,
  startTicks: 70,
  userId: '1000',
  sessionId: 7,
  ttyNumber: 0,
  comm: 'x',
  executable,
  argv,
  ...more,
})
const STANDING: ProcessStanding = {
  cgroup: '/user.slice',
  loginUserId: '1000',
  auditSession: 1,
  pidNamespace: 'pid:[1]',
  rootMount: undefined,
  workingFolder: '/home/alice/code',
}
const detailsOf = (standing: ProcessStanding | undefined) => ({
  standing: () => standing,
  ownPidNamespace: 'pid:[1]',
  insideWsl: false,
})

function named(processes: readonly ProcessEntry[], standing: ProcessStanding | undefined = STANDING, user = ALICE) {
  const components = { clock: new FakeClock(), details: detailsOf(standing) }
  const { browsers = [] } = builtInCatalogue()
  const found = profilesByUser(components, { users: [user], browsers }, processes).get(user)
  return found ?? { profiles: [], sources: [] }
}

test.each<[string, ProcessEntry, unknown]>([
  [
    'Debian Chromium',
    processOf(CHROMIUM, [CHROMIUM, '--headless', '--user-data-dir=/home/alice/code/profile', 'about:blank']),
    { family: 'chromium', product: 'chromium', path: '/home/alice/code/profile' },
  ],
  [
    'Chromium, with one dash',
    processOf(CHROMIUM, [CHROMIUM, '--user-data-dir=/tmp/one', '-user-data-dir=/tmp/two']),
    { family: 'chromium', product: 'chromium', path: '/tmp/two' },
  ],
  [
    'Playwright',
    processOf('/home/alice/.cache/ms-playwright/chromium-1200/chrome-linux/chrome', [
      ...[
        'chrome',
        '--no-first-run',
        '--user-data-dir=/tmp/playwright_chromiumdev_profile-Ab12',
        '--remote-debugging-pipe',
      ],
    ]),
    {
      family: 'chromium',
      product: 'google-chrome-for-testing',
      path: '/tmp/playwright_chromiumdev_profile-Ab12',
    },
  ],
  [
    'Puppeteer',
    processOf('/home/alice/.cache/puppeteer/chrome/linux-140.0.1/chrome-linux64/chrome', [
      ...['chrome', '--user-data-dir=/tmp/puppeteer_dev_chrome_profile-x1'],
    ]),
    { family: 'chromium', product: 'google-chrome-for-testing', path: '/tmp/puppeteer_dev_chrome_profile-x1' },
  ],
  [
    'a program of Electron',
    processOf('/opt/thing/electron', ['electron', '--user-data-dir=/home/alice/.config/thing']),
    { family: 'chromium', product: 'electron', path: '/home/alice/.config/thing' },
  ],
  [
    'Firefox with one dash',
    processOf(FIREFOX, ['firefox-esr', '-profile', '/tmp/rust_mozprofileAb12', '-no-remote']),
    { family: 'firefox', product: 'firefox', path: '/tmp/rust_mozprofileAb12' },
  ],
  [
    'Firefox with two',
    processOf('/opt/somewhere/firefox-bin', ['firefox', '--profile', '/home/alice/fox']),
    { family: 'firefox', product: 'firefox', path: '/home/alice/fox' },
  ],
  [
    'a folder that is named from where the process works',
    processOf(CHROMIUM, ['chromium', '--user-data-dir=./profile/']),
    { family: 'chromium', product: 'chromium', path: '/home/alice/code/profile' },
  ],
  [
    'a folder outside the home, for a reader with the rights of its person to look at',
    processOf(CHROMIUM, ['chromium', '--user-data-dir=/home/alice/../../data/profiles//team/']),
    { family: 'chromium', product: 'chromium', path: '/data/profiles/team' },
  ],
  [
    'the last of two folders, as the browser takes it',
    processOf(CHROMIUM, ['chromium', '--user-data-dir=/tmp/one', '--user-data-dir=/tmp/two']),
    { family: 'chromium', product: 'chromium', path: '/tmp/two' },
  ],
])('%s', (_name, process, profile) => expect(named([process])).toEqual({ profiles: [profile], sources: [] }))

const flag = (path: string) => ['chromium', `--user-data-dir=${path}`]

test.each<[string, ProcessEntry]>([
  ['of another user', processOf(CHROMIUM, flag('/tmp/x'), { userId: '1001' })],
  ['without a name', processOf(CHROMIUM, flag(''))],
  [
    'as a word of its own, which Chromium does not take',
    processOf(CHROMIUM, ['chromium', '--user-data-dir', '/tmp/x']),
  ],
  ['in the name of the program', processOf(CHROMIUM, ['--user-data-dir=/tmp/x'])],
  ['behind six hundred arguments', processOf(CHROMIUM, ['chromium', ...Array(600).fill('-x'), ...flag('/tmp/x')])],
  ['of a program that is no Firefox', processOf('/usr/bin/aws', ['aws', '--profile', '/home/alice/secret-name'])],
  ['of Firefox, which says none', processOf(FIREFOX, ['firefox', '-profile'])],
  ['that was overwritten', processOf(CHROMIUM, [])],
])('a folder %s is passed over', (_name, process) => expect(named([process])).toEqual({ profiles: [], sources: [] }))

test('that a process sees other mounts is handed on with its folder', () => {
  const { profiles } = named([processOf(CHROMIUM, flag('/tmp/x'))], { ...STANDING, rootMount: 'ext4 /dev/sda1 rw' })
  expect(profiles).toEqual([{ family: 'chromium', product: 'chromium', path: '/tmp/x', apart: true }])
})

const NAMED = '1 folder of profiles that processes named: '
const PLAIN = 'not the plain absolute path of a folder'
test.each<[string, string, string, string]>([
  ['with a zero byte', '/tmp/a\0b', 'unreadable', PLAIN],
  ['that is the root', '/home/alice/../..//', 'unreadable', PLAIN],
  ['longer than we read', `/tmp/${'x'.repeat(2_000)}`, 'too-large', 'the path is longer than 1024 characters'],
  ['whose bytes are no text', '/data/\ufffd', 'unreadable', 'a name in the path is no text'],
])('reads no folder %s, and reports that', (_name, path, state, reason) => {
  const { profiles, sources } = named([processOf(CHROMIUM, flag(path))])
  expect([profiles, sources.map((source) => [source.source, source.state, source.reason, source.user?.name])]).toEqual([
    [],
    [['chromium-extensions', state, NAMED + reason, 'alice']],
  ])
  // It could be anything that somebody wrote behind that word.
  expect(sources[0]?.path).toBeUndefined()
})

test('reports a relative folder whose base is unknown', () => {
  const { profiles, sources } = named([processOf(FIREFOX, ['firefox', '-profile', 'fox'])], {
    ...STANDING,
    workingFolder: undefined,
  })
  expect([profiles, sources]).toEqual([
    [],
    [expect.objectContaining({ source: 'firefox-extensions', state: 'unreadable', reason: NAMED + PLAIN })],
  ])
})

test('counts in one line very many folders that it does not hand over', () => {
  const crowd = Array.from({ length: 100 }, (_, at) => processOf(CHROMIUM, flag(`/${at}/${'x'.repeat(100_000)}`)))
  const { profiles, sources } = named([...crowd, processOf(CHROMIUM, flag('/tmp/z'))])
  expect([profiles.map(({ path }) => path), sources.map(({ reason }) => reason)]).toEqual([
    ['/tmp/z'],
    ['100 folders of profiles that processes named: the path is longer than 1024 characters'],
  ])
})

test.each<[string, ProcessStanding | undefined]>([
  ['has ended', undefined],
  ['runs in a container', { ...STANDING, cgroup: `/docker/${'a'.repeat(64)}` }],
  ['has process ids of its own', { ...STANDING, pidNamespace: 'pid:[2]' }],
])('what a process names that %s is passed over', (_name, standing) => {
  const components = { clock: new FakeClock(), details: detailsOf(standing) }
  const { browsers = [] } = builtInCatalogue()
  const process = processOf(CHROMIUM, flag('/tmp/x'))
  expect(profilesByUser(components, { users: [ALICE], browsers }, [process]).get(ALICE)?.profiles).toEqual([])
})

const ROOT: LocalUser = { ...ALICE, id: '0', name: 'root', home: '/root', kind: 'root' }

test.each<[string, string, readonly string[]]>([
  ['a browser where browsers lie', '/opt/google/chrome/chrome', ['/tmp/x']],
  ['one that automation fetched for root', '/root/.cache/ms-playwright/chromium-1/chrome-linux/chrome', ['/tmp/x']],
  ['a program of its own', '/root/tool/electron', ['/tmp/x']],
  ['a program that runs with the rights of root for every user', '/usr/bin/su', []],
  ['the sandbox of a browser, which does so too', '/opt/vivaldi/vivaldi-sandbox', []],
  ['one that only begins as the home', '/root-tool/electron', []],
])('of the processes of root, %s', (_name, executable, paths) => {
  const process = processOf(executable, ['x', '--user-data-dir=/tmp/x'], { userId: '0' })
  expect(named([process], STANDING, ROOT).profiles.map(({ path }) => path)).toEqual(paths)
})

test('reports one folder of many processes once, with its browser', () => {
  const wrapper = processOf('/usr/bin/node', ['node', 'start.js', '--user-data-dir=/tmp/x'])
  const renderer = processOf(CHROMIUM, ['chromium', '--type=renderer', '--user-data-dir=/tmp/x'])
  expect(named([wrapper, renderer, renderer]).profiles).toEqual([
    { family: 'chromium', product: 'chromium', path: '/tmp/x' },
  ])
})

test('of very many folders, takes those of browsers first, and reports the rest', () => {
  const crowd = Array.from({ length: 500 }, (_, at) => processOf('/usr/bin/x', ['x', `--user-data-dir=/tmp/a${at}`]))
  const { profiles, sources } = named([...crowd, processOf(CHROMIUM, flag('/tmp/z'))])
  expect([profiles.length, profiles[0]?.path, sources.map(({ state, reason }) => [state, reason])]).toEqual([
    MAX_NAMED_PROFILES,
    '/tmp/z',
    [['too-large', 'only 32 of 501 profiles of processes are reported']],
  ])
})

const started = (startTicks: number, parentPid: number, path: string, executable = CHROMIUM) =>
  processOf(executable, flag(path), { pid: startTicks, startTicks, parentPid })
const FETCHED = '/home/alice/.cache/puppeteer/chrome/linux-1/chrome-linux64/chrome'

test.each<[string, readonly ProcessEntry[]]>([
  ['one program starts', Array.from({ length: 40 }, (_, at) => started(100 + at, 50, `/tmp/a${at}`))],
  ['were let go after it', Array.from({ length: 40 }, (_, at) => started(9_000 + at, 1, `/tmp/a${at}`))],
  [
    'lie where anybody may put them',
    Array.from({ length: 40 }, (_, at) => started(100 + at, at, `/tmp/a${at}`, FETCHED)),
  ],
])('folders of very many browsers that %s take no place of one that another started', (_, crowd) => {
  const { profiles } = named([...crowd, started(5_000, 1, '/tmp/z')])
  expect([profiles.length, profiles.map(({ path }) => path)]).toEqual([32, expect.arrayContaining(['/tmp/z'])])
})

test('the order of processes changes nothing', () => {
  const processes = ['/tmp/b', '/tmp/c', '/tmp/a'].map((path) => processOf(CHROMIUM, flag(path)))
  expect(named(processes)).toEqual(named(processes.toReversed()))
})

test('asks for the folder of few processes in a crowd', () => {
  let looks = 0
  const standing = () => {
    looks++
    return STANDING
  }
  const components = { clock: new FakeClock(), details: { standing, ownPidNamespace: 'pid:[1]', insideWsl: false } }
  const { browsers = [] } = builtInCatalogue()
  const renderers = Array.from({ length: 500 }, () => processOf(CHROMIUM, flag('/tmp/one')))
  const others = Array.from({ length: 5_000 }, (_, at) => processOf('/usr/bin/x', ['x', `--user-data-dir=/tmp/a${at}`]))
  const found = profilesByUser(components, { users: [ALICE], browsers }, [...others, ...renderers]).get(ALICE)
  expect([found?.profiles[0]?.path, found?.sources.map(({ reason }) => reason)]).toEqual([
    '/tmp/one',
    ['only 32 of 5001 profiles of processes are reported'],
  ])
  expect(looks).toBeLessThanOrEqual(300)
})

test('for any argument, hands over a plain path or reports why not', () => {
  const segment = fc.oneof(fc.constantFrom('..', '.', '', 'tmp', 'var', 'home', 'alice', 'x', '~'), fc.string())
  const path = fc.array(segment, { minLength: 1, maxLength: 8 }).map((parts) => `/${parts.join('/')}`)
  fc.assert(
    fc.property(path, (each) => {
      const { profiles, sources } = named([processOf(CHROMIUM, flag(each))])
      expect(profiles.length + sources.length).toBe(1)
      for (const profile of profiles) {
        expect([misspelt(profile.path), profile.path.split('/').includes('..')]).toEqual([undefined, false])
      }
    }),
  )
})
