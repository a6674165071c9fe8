import { SuretyError } from '../../src/base/errors.ts'
import { AptAnswers } from '../../src/posture/apt-answers.ts'
import { checkSecurityUpdates } from '../../src/posture/linux/os/security-updates.ts'
import type { FileStat } from '../../src/system/files/files.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { context, machine } from './fake-components.ts'
import { treeFiles } from './tree-files.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const LIST = '/var/lib/apt/lists/x_dists_trixie-security_InRelease'
const NOTHING = '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n'

/** A machine with apt, whose files have times; `asked` has what apt was asked. */
function aptMachine(answers: { upgrade: string } = { upgrade: NOTHING }) {
  const clock = new FakeClock()
  const tree: Record<string, string> = {
    '/var/lib/dpkg/status': '',
    [LIST]: `Date: ${new Date(clock.now()).toUTCString()}\n`,
    '/etc/apt/sources.list.d/debian.sources': '',
    '/etc/apt/preferences': '',
  }
  const times: Record<string, number> = {}
  const closed = new Set<string>()
  const asked: string[] = []
  const stat = async (path: string): Promise<FileStat> => {
    if (closed.has(path)) throw new SuretyError('FILE_UNREADABLE', 'it may not answer')
    return {
      kind: 'file',
      sizeBytes: tree[path]?.length ?? 0,
      owner: '0',
      group: '0',
      mode: 0o644,
      modifiedMs: times[path] ?? 1,
    }
  }
  const components = machine(
    tree,
    {
      'apt-get': (args) => {
        const what = args.includes('dist-upgrade') ? 'upgrade' : 'targets'
        asked.push(what)
        return { stdout: what === 'upgrade' ? answers.upgrade : '/var/lib/apt/lists/x_dists_trixie-security_main\n' }
      },
    },
    { clock, aptAnswers: new AptAnswers(), files: { ...treeFiles(tree), stat } },
  )
  const check = async () => {
    asked.length = 0
    const { state } = await checkSecurityUpdates(components, context)
    return [state, ...asked]
  }
  return { check, clock, times, tree, answers, closed }
}

test('apt is asked once while none of its files changes', async () => {
  const { check } = aptMachine()
  expect([await check(), await check()]).toEqual([['pass', 'targets', 'upgrade'], ['pass']])
})

test.each(['/var/lib/dpkg/status', LIST, '/etc/apt/sources.list.d/debian.sources', '/etc/apt/preferences', '/etc/apt'])(
  'and again when %s has changed',
  async (path) => {
    const { check, times } = aptMachine()
    await check()
    times[path] = 2
    expect([await check(), await check()]).toEqual([['pass', 'targets', 'upgrade'], ['pass']])
  },
)

test('and again when there is one more list, whose folder has its old time', async () => {
  const { check, tree } = aptMachine()
  await check()
  tree['/etc/apt/apt.conf.d/99more'] = ''
  expect(await check()).toEqual(['pass', 'targets', 'upgrade'])
})

test('and once a day without a change', async () => {
  const { check, clock } = aptMachine()
  await check()
  await clock.advance(DAY_MS - 1)
  expect(await check()).toEqual(['pass'])
  await clock.advance(1)
  expect(await check()).toEqual(['pass', 'targets', 'upgrade'])
})

test('an answer that was not understood is not kept', async () => {
  const { check, answers } = aptMachine({ upgrade: 'nonsense' })
  expect([await check(), await check()]).toEqual([
    ['unknown', 'targets', 'upgrade'],
    ['unknown', 'upgrade'],
  ])
  answers.upgrade = NOTHING
  expect(await check()).toEqual(['pass', 'upgrade'])
})

test('where one of its files cannot be looked at, apt is asked each time', async () => {
  const { check, closed } = aptMachine()
  closed.add('/etc/apt/sources.list.d/debian.sources')
  expect([await check(), await check()]).toEqual(Array(2).fill(['pass', 'targets', 'upgrade']))
})
