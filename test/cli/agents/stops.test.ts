import { SuretyError } from '../../../src/base/errors.ts'
import type { DaemonClient } from '../../../src/cli/command/daemon-client.ts'
import type { LocalStopRequest } from '../../../src/protocol/messages/control.ts'
import { sampleStatus, sampleStops } from '../../support/daemon/sample-status.ts'
import { daemonWith, run, SAMPLE_RECEIPT } from '../surety-runs.ts'

/** What `surety freeze`, `surety release` and the head of `surety status` say. */

function asking(changes: Partial<DaemonClient> = {}) {
  const asked: [string, LocalStopRequest][] = []
  const answer = (name: string) => async (request: LocalStopRequest) => {
    asked.push([name, request])
    return { receipt: SAMPLE_RECEIPT }
  }
  const daemon = { ...daemonWith(sampleStatus()), freeze: answer('freeze'), release: answer('release'), ...changes }
  return { asked, daemon }
}

test('the status names what is stopped first, with who, why and what to do', async () => {
  const { out, exitCode } = await run('status', daemonWith(sampleStatus({ stops: sampleStops() })))
  expect(exitCode).toBe(5)
  expect(out.split('\n').slice(0, 4)).toEqual([
    'STOPPED       No AI agent may run. Stopped by Grace 5 min ago: code freeze',
    '              Claude Code of alice, 5 processes (00000000)',
    '              Only an administrator can release it. Ask Grace, who stopped it.',
    '',
  ])
})

test.each<[string, Parameters<typeof sampleStops>[0], string]>([
  ['freeze', {}, 'No AI agent may run. Stopped by Grace'],
  ['a product', { selector: { select: 'product', product: 'codex' } }, 'No codex may run.'],
  ['a user', { selector: { select: 'user', user: 'ada\u001b[2J' } }, 'No AI agent of ada'],
  [
    'a match',
    { selector: { select: 'match', products: ['codex', 'amp'], users: ['ada'] } },
    'No codex or amp of ada may run.',
  ],
  [
    'a match of places',
    { selector: { select: 'match', workspaces: ['/a', '/b', '/c\u001b[2J', '/d', '/e'] } },
    'No AI agent in /a or /b or',
  ],
  [
    'a match of programs',
    { selector: { select: 'match', executables: ['/x/y'] } },
    'No AI agent that runs /x/y may run.',
  ],
  [
    'a match of packages',
    { selector: { select: 'match', packages: ['@x/y'] } },
    'No AI agent of package @x/y may run.',
  ],
  ['retire', { kind: 'retire' }, 'AI agents that start are ended. Stopped by Grace'],
  [
    'retire for a user',
    { kind: 'retire', selector: { select: 'user', user: 'ada' } },
    'AI agents that start are ended. This is for: AI agents of ada.',
  ],
  ['one without a reason', { reason: '' }, 'Stopped by Grace 5 min ago.\n'],
  ['an end by the local clock', { until: new Date(2026, 10, 26, 7, 8).getTime() }, 'until 2026-11-26 07:08'],
  ['a local one', { stop: 'local', releasable: true }, 'Release it with: surety release'],
])('the status says it of %s', async (_, change, words) => {
  const { out } = await run('status', daemonWith(sampleStatus({ stops: sampleStops(change) })))
  expect(out).toContain(words)
  expect(out).not.toContain('\u001b')
})

test('the status names the contact of the settings, or else those who made the stops', async () => {
  const [standing] = sampleStops().standing
  const stops = { ...sampleStops(), standing: standing ? [standing, { ...standing, by: 'ada@example.org' }] : [] }
  const ask = async (changes: object) => (await run('status', daemonWith(sampleStatus({ stops, ...changes })))).out
  expect(await ask({})).toContain('Ask Grace or ada@example.org, who stopped it.')
  expect(await ask({ support: { contact: 'helpdesk@example.org' } })).toContain(
    'Only an administrator can release it. Contact: helpdesk@example.org\n',
  )
})

test('release looks among what is stopped, though another agent of the product runs', async () => {
  const [claude] = sampleStatus().sightings
  const frozenBy = [{ stop: 'local' as const, by: 'alice', reason: '', since: 0 }]
  const sightings =
    claude?.kind === 'agent'
      ? [
          { ...claude, id: 'b'.repeat(32) },
          { ...claude, frozenBy },
        ]
      : []
  const status = sampleStatus({ sightings, stops: sampleStops({ stop: 'local', releasable: true }) })
  const { status: statusNow, sightings: seen } = daemonWith(status)
  const { asked, daemon } = asking({ status: statusNow, sightings: seen })
  await run('release claude-code', daemon)
  expect(asked).toEqual([['release', { agent: '0'.repeat(32), reason: undefined }]])
  expect((await run('freeze claude-code', daemon)).err).toContain('matches more than one running agent')
  expect((await run('release codex', daemon)).err).toContain('no stopped agent matches "codex"')
})

test('freeze and release take one agent by its name, or all', async () => {
  const { asked, daemon } = asking()
  const frozen = await run('freeze claude-code --reason loop', daemon)
  expect(frozen.out).toBe('Stopped claude-code of alice, 1 process.\nIt stays stopped until: surety release\n')
  await run('freeze --all', daemon)
  await run('release 00000000', daemon)
  const released = await run('release', daemon)
  expect(released.out).toBe('Released claude-code of alice, 1 process.\n')
  const agent = '0'.repeat(32)
  expect(asked).toEqual([
    ['freeze', { agent, reason: 'loop' }],
    ['freeze', { agent: undefined, reason: undefined }],
    ['release', { agent, reason: undefined }],
    ['release', { agent: undefined, reason: undefined }],
  ])
})

test.each([
  ['freeze', 'name an agent, or stop all with --all'],
  ['freeze claude-code --all', 'not both'],
  ['release claude-code --all', 'not both'],
  ['freeze nothing-like-it', 'no running agent matches'],
  [`freeze --all --reason ${'x'.repeat(501)}`, 'at most 500 characters'],
])('refuses: surety %s', async (argv, words) => {
  const { asked, daemon } = asking()
  const { err, exitCode } = await run(argv, daemon)
  expect([exitCode, asked]).toEqual([argv.includes('nothing') ? 1 : 2, []])
  expect(err).toContain(words)
})

test('says what still runs, and fails', async () => {
  const receipt = {
    ...SAMPLE_RECEIPT,
    missed: [{ pid: 7, executable: '/usr/bin/dd', reason: 'uninterruptible' as const }],
  }
  const { daemon } = asking({ freeze: async () => ({ receipt, code: 'STOP_INCOMPLETE' }) })
  const { out, exitCode } = await run('freeze --all', daemon)
  expect(exitCode).toBe(1)
  expect(out).toContain('NOT STOPPED: process 7 (/usr/bin/dd): uninterruptible')
})

test('prints that nothing runs, and that the stop is in force', async () => {
  const receipt = { ...SAMPLE_RECEIPT, method: 'none' as const, agents: [], agentCount: 0, processCount: 0 }
  const { daemon } = asking({ freeze: async () => ({ receipt }), release: async () => ({ receipt }) })
  expect((await run('freeze --all', daemon)).out).toBe(
    'No such agent is running. It is stopped as soon as it starts.\n',
  )
  expect((await run('release', daemon)).out).toBe('No agent was held. The stop has ended.\n')
})

test.each([
  'stopped by Grace (incident 42): ask an administrator of the directory to release it',
  'it belongs to the machine and to no user: ask an administrator of the directory to register it',
])('prints why the daemon refuses, without advising root where root cannot: "%s"', async (words) => {
  const refusal = new SuretyError('NOT_PERMITTED', words)
  const { daemon } = asking({ release: () => Promise.reject(refusal) })
  expect((await run('release', daemon)).err).toBe(`surety: ${words} [NOT_PERMITTED]\n`)
  const { err, exitCode } = await run('release --json', daemon)
  expect(exitCode).toBe(1)
  expect(JSON.parse(err).error.code).toBe('NOT_PERMITTED')
})

test('says what another program keeps frozen after a release, and fails', async () => {
  const missed = [{ pid: 7, executable: '/usr/bin/dd', reason: 'not-moved' as const }]
  const receipt = { ...SAMPLE_RECEIPT, missed }
  const { daemon } = asking({ release: async () => ({ receipt, code: 'STOP_INCOMPLETE' }) })
  const { out, exitCode } = await run('release', daemon)
  expect(exitCode).toBe(1)
  expect(out).toContain('FROZEN STILL, by another program: process 7 (/usr/bin/dd)')
})
