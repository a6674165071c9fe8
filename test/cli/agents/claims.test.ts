import { SuretyError } from '../../../src/base/errors.ts'
import type { DaemonClient } from '../../../src/cli/command/daemon-client.ts'
import type { ClaimRequest, DeviceClaim } from '../../../src/protocol/messages/control.ts'
import { SAMPLE_TIME, sampleStatus } from '../../support/daemon/sample-status.ts'
import { daemonWith, run, SAMPLE_CLAIM } from '../surety-runs.ts'

/** What `surety agents claim` and `surety agents claims` ask and say. */

function asking(changes: Partial<DaemonClient> = {}) {
  const asked: Omit<ClaimRequest, 'request'>[] = []
  const claim: DaemonClient['claim'] = async (request) => {
    asked.push(request)
    return { claim: SAMPLE_CLAIM }
  }
  return { asked, daemon: { ...daemonWith(sampleStatus()), claim, ...changes } }
}

const CLAIM = ['agents', 'claim', 'claude-code', '--purpose', 'weekly report']

test('claims an agent by name or the beginning of its id, with all details', async () => {
  const { asked, daemon } = asking()
  const { out, exitCode } = await run(CLAIM, daemon)
  expect(exitCode).toBe(0)
  expect(out).toBe(
    [
      'Claimed claude-code.',
      'Your manager or an operator of the directory decides. The claim is sent as soon as there is a connection.',
      'See what becomes of it with: surety agents claims',
      '',
    ].join('\n'),
  )
  const more = ['--name', 'mine', '--until', '2027-01-31', '--user', 'alice', '--json']
  const { out: json } = await run(['agents', 'claim', '00000000', '--purpose', 'x', ...more], daemon)
  expect(JSON.parse(json)).toEqual({ schema: 'surety/claim@1', claim: SAMPLE_CLAIM })
  const agent = '0'.repeat(32)
  expect(asked).toEqual([
    { agent, purpose: 'weekly report' },
    { agent, purpose: 'x', name: 'mine', until: Date.UTC(2027, 1, 1), user: 'alice' },
  ])
})

test.each([
  [['agents', 'claim', 'claude-code'], 2, 'purpose'],
  [['agents', 'claim', 'nothing-like-it', '--purpose', 'x'], 1, 'no agent matches'],
  [[...CLAIM, '--user', 'mallory'], 1, 'no agent matches'],
  [['agents', 'claim', 'claude-code', '--purpose', 'x'.repeat(501)], 1, 'at most 500 characters'],
  [[...CLAIM, '--name', 'x'.repeat(201)], 1, 'at most 200 characters'],
  [[...CLAIM, '--until', '2026-02-30'], 1, 'not "2026-02-30"'],
  [[...CLAIM, '--until', '2020-01-01'], 1, '--until takes'],
  [[...CLAIM, '--until', 'yesterday'], 1, '--until takes'],
  [[...CLAIM, '--lang', 'xx'], 2, 'give one of en, de'],
])('refuses %j', async (argv, code, words) => {
  const { asked, daemon } = asking()
  const { err, exitCode } = await run(argv, daemon)
  expect([exitCode, asked]).toEqual([code, []])
  expect(err).toContain(words)
})

test('says why the daemon refuses', async () => {
  const refusal = new SuretyError('CONFLICT', 'claude-code is claimed and waits for a decision')
  const { daemon } = asking({ claim: () => Promise.reject(refusal) })
  const { err, exitCode } = await run(CLAIM, daemon)
  expect(exitCode).toBe(1)
  expect(err).toContain('claude-code is claimed and waits for a decision')
  expect(err).toContain('[CONFLICT]')
})

const decided: readonly DeviceClaim[] = [
  { claim: { ...SAMPLE_CLAIM, byRoot: true } },
  {
    claim: { ...SAMPLE_CLAIM, name: 'mine', time: SAMPLE_TIME - 60_000 },
    decision: { claim: SAMPLE_CLAIM.id, outcome: 'accepted', by: 'Grace', time: SAMPLE_TIME },
  },
  {
    claim: { ...SAMPLE_CLAIM, purpose: 'x\u001b[2J' },
    decision: { claim: SAMPLE_CLAIM.id, outcome: 'refused', by: 'Grace', reason: 'use codex', time: SAMPLE_TIME },
  },
]

test('shows what became of claims, by whom and why, in both languages', async () => {
  const { daemon } = asking({ claims: async () => decided })
  const { out } = await run('agents claims', daemon)
  expect(out).not.toContain('\u001b')
  expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['CLAIM', 'AGENT', 'USER', 'STATE', 'CLAIMED', 'PURPOSE AND REASON'],
    ['clm_AAAAAAAA', 'claude-code', 'alice (by root)', 'pending', 'just now', 'refactors'],
    ['clm_AAAAAAAA', 'mine', 'alice', 'accepted by Grace', '1 min ago', 'refactors'],
    ['clm_AAAAAAAA', 'claude-code', 'alice', 'refused by Grace', 'just now', 'x\\x1b[2J. use codex'],
    [''],
  ])
  const german = await run('agents claims --lang de', daemon)
  expect(german.out).toContain('angenommen von Grace')
  expect(german.out).toContain('abgelehnt von Grace')
  expect(JSON.parse((await run('agents claims --json', daemon)).out).claims).toHaveLength(3)
})

test('says how to claim where nothing is claimed', async () => {
  const { daemon } = asking({ claims: async () => [] })
  expect((await run('agents claims', daemon)).out).toContain('surety agents claim AGENT --purpose TEXT')
  expect((await run('agents claims --lang de', daemon)).out).toContain('Hier wurde kein Agent beansprucht')
})
