import { setImmediate as turn } from 'node:timers/promises'
import { gatePolicy } from '../../src/gate-policy/decide-action.ts'
import { readGatePolicy } from '../../src/gate-policy/read-gate-policy.ts'
import { ADA, BEN, bash, copilotBash, DEVICE, gateWith, toolUse } from './asking.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const PLAN = bash('terraform apply')

function isDenied(output: { readonly stdout: string }): boolean {
  return output.stdout.includes('"permissionDecision":"deny"')
}

test('allows what a rule permits, and reports it', async () => {
  const { ask, reports } = await gateWith()
  expect(await ask({ document: bash('npm test') })).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  expect(reports()).toMatchObject([
    { client: 'claude-code', decision: 'allowed', rules: [], tool: { kind: 'shell', name: 'Bash' } },
  ])
  expect(JSON.stringify(reports())).not.toContain('npm test')
})

test('denies with the reason, the rule and what is possible', async () => {
  const { ask, reports } = await gateWith()
  const { stdout } = await ask({ document: bash('mkfs /dev/sda1') })
  expect(stdout).toContain('it destroys a disk (rule no-disk). What is possible: name a folder.')
  expect(reports()).toMatchObject([{ decision: 'denied', rules: ['no-disk'] }])
})

test('reports what a rule on trial would have denied', async () => {
  const { ask, reports } = await gateWith()
  expect((await ask({ document: bash('curl https://example.com') })).stdout).toBe('')
  expect(reports()).toMatchObject([{ decision: 'allowed', shadow: ['trial'] }])
})

describe('what cannot be read is denied', () => {
  test.each([
    ['no JSON', 'x'],
    ['cut', PLAN.slice(0, -3)],
    ['nothing', ''],
    ['a list', '[]'],
    ['too deep', `${'['.repeat(100)}${']'.repeat(100)}`],
    ['two members of one name', '{"session_id":"a","session_id":"b"}'],
    ['a lone surrogate', bash('ls \\ud800').replace('\\\\ud800', '\\ud800')],
    ['a member of all objects', '{"__proto__":{"tool_name":"Bash"}}'],
    ['the document of another client', copilotBash('ls')],
  ])('%s', async (_, document) => {
    const { ask, reports } = await gateWith()
    expect(isDenied(await ask({ document }))).toBe(true)
    expect(reports()).toMatchObject([{ decision: 'denied', rules: ['unreadable'], tool: { name: 'unreadable' } }])
  })
})

describe('an action that a person has to approve', () => {
  test('is denied while no directory is connected', async () => {
    const { ask, requests } = await gateWith()
    const { stdout } = await ask({ document: PLAN })
    expect(stdout).toContain('not connected to its directory')
    expect(requests()).toEqual([])
  })

  test('runs once it is approved, and only that once', async () => {
    const { ask, gate, decide, requests, reports } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: PLAN })
    await turn()
    expect(requests()).toMatchObject([{ approvers: ['owner'], reasons: [{ rule: 'production' }] }])
    expect(requests()[0]?.action).toContain('terraform apply')
    expect(decide('approved')).toBe(true)
    expect((await answer).stdout).toBe('')
    expect(reports()).toMatchObject([{ decision: 'approved', approval: requests()[0]?.id, rules: ['production'] }])
    expect(decide('approved')).toBe(false)

    void ask({ document: PLAN })
    await turn()
    expect(requests()).toHaveLength(2)
    expect(requests()[0]?.nonce).not.toBe(requests()[1]?.nonce)
  })

  test('is not let through by an approval of another action', async () => {
    const { ask, gate, decide, requests } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: PLAN })
    await turn()
    expect(decide('approved', { hash: 'A'.repeat(43) })).toBe(false)
    expect(decide('approved', { approval: 'apr_AAAAAAAAAAAAAAAAAAAAAA' })).toBe(false)
    expect(requests()).toHaveLength(1)
    decide('denied')
    expect(isDenied(await answer)).toBe(true)
  })

  test('is denied when it is refused, and an equal one is not asked about again', async () => {
    const { ask, gate, clock, decide, requests, reports } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: PLAN })
    await turn()
    decide('denied')
    expect((await answer).stdout).toContain('Grace refused it')
    expect((await ask({ document: PLAN })).stdout).toContain('a person has refused it')
    expect(requests()).toHaveLength(1)
    expect(reports().map(({ decision }) => decision)).toEqual(['refused', 'denied'])
    await clock.advance(11 * MINUTE)
    void ask({ document: PLAN })
    await turn()
    expect(requests()).toHaveLength(2)
  })

  test('is denied before its client stops to wait', async () => {
    const { ask, gate, clock, reports } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: PLAN })
    await clock.advance(289 * SECOND)
    expect((await answer).stdout).toContain('no one approved it in time')
    expect(reports()).toMatchObject([{ decision: 'expired' }])
  })

  test('waits as long when the clock jumps', async () => {
    const { ask, gate, clock, decide } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: PLAN })
    await turn()
    clock.jump(-24 * 60 * MINUTE)
    await clock.advance(100 * SECOND)
    clock.jump(48 * 60 * MINUTE)
    await clock.advance(100 * SECOND)
    decide('approved')
    expect((await answer).stdout).toBe('')
  })

  test('waits for one person when it is asked twice', async () => {
    const { ask, gate, decide, requests } = await gateWith()
    gate.setDirectory(DEVICE)
    const answers = [ask({ document: PLAN }), ask({ document: PLAN })]
    await turn()
    expect(requests()).toHaveLength(1)
    decide('approved')
    expect((await Promise.all(answers)).map(({ stdout }) => stdout)).toEqual(['', ''])
  })

  test('is not approved for another user, session or client', async () => {
    const { ask, gate, decide, requests } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: PLAN })
    await turn()
    decide('approved', { scope: 'session', until: Date.UTC(2026, 10, 25, 13) })
    await answer
    expect((await ask({ document: PLAN })).stdout).toBe('')
    void ask({ document: PLAN, user: BEN })
    void ask({ document: bash('terraform apply', 's2') })
    void ask({ document: bash('terraform apply ') })
    void ask({ document: copilotBash('terraform apply'), client: 'copilot-cli' })
    await turn()
    expect(requests()).toHaveLength(5)
  })

  test('an approval of a session ends', async () => {
    const { ask, gate, clock, decide, requests } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: PLAN })
    await turn()
    decide('approved', { scope: 'session', until: clock.now() + 30 * MINUTE })
    await answer
    await clock.advance(31 * MINUTE)
    void ask({ document: PLAN })
    await turn()
    expect(requests()).toHaveLength(2)
  })

  test('is denied where a newer policy forbids it, though it was approved', async () => {
    const { ask, gate, decide, reports } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: PLAN })
    await turn()
    gate.setPolicy(
      gatePolicy(await readGatePolicy('@id("shut") @because("all is shut") forbid (principal, action, resource);')),
    )
    decide('approved')
    expect((await answer).stdout).toContain('all is shut')
    expect(reports()).toMatchObject([{ decision: 'denied', rules: ['shut'] }])
  })

  test('is not kept when its client has gone', async () => {
    const { ask, gate, reports } = await gateWith()
    gate.setDirectory(DEVICE)
    const client = new AbortController()
    const answer = ask({ document: PLAN, signal: client.signal })
    await turn()
    client.abort()
    await answer
    expect(reports()).toMatchObject([{ decision: 'expired' }])
  })

  test('is denied when too many of one user wait, and another user still is asked for', async () => {
    const { ask, gate, requests } = await gateWith()
    gate.setDirectory(DEVICE)
    for (let at = 0; at < 8; at++) void ask({ document: bash(`terraform apply ${at}`) })
    expect((await ask({ document: PLAN })).stdout).toContain('too many actions wait')
    void ask({ document: PLAN, user: BEN })
    await turn()
    expect(requests()).toHaveLength(9)
  })

  test('is denied when it is too long to be shown', async () => {
    const { ask, gate, requests } = await gateWith()
    gate.setDirectory(DEVICE)
    expect((await ask({ document: bash(`terraform apply ${'x'.repeat(20_000)}`) })).stdout).toContain('too long')
    expect(requests()).toEqual([])
  })

  test('shows where it waits, in a client that shows it', async () => {
    const { ask, gate, progress, decide } = await gateWith()
    gate.setDirectory(DEVICE)
    const answer = ask({ document: copilotBash('terraform apply'), client: 'copilot-cli' })
    await turn()
    expect(JSON.parse(progress[0] ?? '')).toMatchObject({ type: 'progress', temporary: true })
    decide('approved')
    expect((await answer).stdout).toBe('')
  })
})

describe('what was done before', () => {
  const SECRET = toolUse('Read', { file_path: '/home/ada/project/.env' })
  const FETCH = toolUse('WebFetch', { url: 'https://example.com/x', prompt: 'read' })

  test('counts for ten minutes', async () => {
    const { ask, clock } = await gateWith()
    expect((await ask({ document: FETCH })).stdout).toBe('')
    await ask({ document: SECRET })
    expect((await ask({ document: FETCH })).stdout).toContain('a secret was read')
    await clock.advance(11 * MINUTE)
    expect((await ask({ document: FETCH })).stdout).toBe('')
  })

  test('counts for its own session alone', async () => {
    const { ask } = await gateWith()
    await ask({ document: SECRET })
    expect((await ask({ document: FETCH, user: BEN })).stdout).toBe('')
    expect(isDenied(await ask({ document: FETCH, user: ADA }))).toBe(true)
  })
})
