import { SuretyError } from '../../../src/base/errors.ts'
import type { ActionReport } from '../../../src/protocol/gate/action.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { DANGEROUS } from '../../support/directory/run-commands.ts'
import { actionEvidence, sampleAction } from '../../support/protocol/sample-actions.ts'
import { daemonWith, run } from '../surety-runs.ts'

const [denied, approved] = actionEvidence.actions ?? []
const daemonOf = (...actions: readonly ActionReport[]) => ({
  ...daemonWith(sampleStatus()),
  actions: async () => actions,
})

test('shows time, user, client, tool, decision and rules', async () => {
  const { exitCode, out } = await run('actions')
  expect(exitCode).toBe(0)
  const [heading, first, second] = out.split('\n')
  expect(heading).toMatch(/TIME +USER +CLIENT +TOOL +DECISION +RULES/)
  expect(first).toMatch(/^ +2026-11-\S+ \S+Z +ada +claude-code +Bash +denied +no-force-push$/)
  expect(second).toMatch(/bob +codex +create_issue of tracker +approved, done +ask-before-mcp$/)
})

test('prints one document, with as many as are asked for', async () => {
  expect(JSON.parse((await run('actions --json')).out)).toEqual({
    schema: 'surety/actions@1',
    actions: [denied, approved],
  })
  expect(JSON.parse((await run('actions --limit 1 --json')).out).actions).toEqual([denied])
  expect(JSON.parse((await run('actions --json', daemonOf())).out).actions).toEqual([])
})

test('says that there are none, and where agents ask', async () => {
  const { exitCode, out } = await run('actions', daemonOf())
  expect([exitCode, out]).toEqual([0, expect.stringContaining('only where hooks are installed')])
})

test.each(['0', '-1', '1.5', 'all', '', '1e3', '9999999'])('refuses the limit %j', async (limit) => {
  const { exitCode, out, err } = await run(['actions', `--limit=${limit}`])
  expect([exitCode, out]).toEqual([2, ''])
  expect(err).toContain('--limit')
})

test('fails without a daemon', async () => {
  const actions = () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd'))
  expect(await run('actions', { ...daemonOf(), actions })).toMatchObject({ exitCode: 6, out: '' })
})

test('texts of a client that lies forge no line', async () => {
  const name = `x\u001b[31m\u202e\nallowed`
  const lying = sampleAction(1, { tool: { kind: 'other', name, server: name }, rules: [name], decision: 'denied' })
  const { out } = await run('actions', daemonOf(lying))
  expect(out.split('\n')).toHaveLength(3)
  expect(out.replaceAll('\n', '')).not.toMatch(DANGEROUS)
})
