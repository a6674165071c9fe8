import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { bigEndian, endOf, startHook, whenHookBuilt } from '../support/processes/hook.ts'
import { waitFor } from '../support/wait-for.ts'
import { bash, DEVICE, RULES } from './asking.ts'
import { type StartedGate, startGate } from './started-gate.ts'

const MIB = 1024 * 1024
const ALLOWED = { code: 0, output: '', error: '' }

async function answerTo(gate: StartedGate, bytes: Buffer): Promise<string> {
  const socket = connect({ path: gate.socket, allowHalfOpen: true })
  await once(socket, 'connect')
  socket.end(bytes)
  return (await buffer(socket)).toString('latin1')
}

function actions(gate: StartedGate) {
  return gate.said.flatMap((one) => (one.kind === 'action' ? [one] : []))
}

whenHookBuilt('the installed hook is answered by the built-in policy', async () => {
  await using gate = await startGate()
  expect(await gate.ask(bash('npm test'))).toEqual(ALLOWED)
  expect((await gate.ask(bash('rm -rf /'))).output).toContain('"permissionDecision":"deny"')
  expect(actions(gate)).toMatchObject([
    { report: { decision: 'allowed', user: { id: String(process.getuid?.()) } } },
    { report: { decision: 'denied', rules: ['whole-disk'] } },
  ])
  // The hook has ended by now, and the test that started it has not.
  expect(actions(gate)[0]?.askedBy).toContainEqual(expect.objectContaining({ pid: process.pid }))
})

whenHookBuilt('a client is answered whose user the system does not list', async () => {
  await using gate = await startGate()
  if (process.getuid?.() !== 0) return
  const { chmodSync } = await import('node:fs')
  chmodSync(gate.socket.slice(0, gate.socket.lastIndexOf('/')), 0o755)
  expect(await gate.ask(bash('ls'), { uid: 54_321 })).toEqual(ALLOWED)
  expect(actions(gate)).toMatchObject([{ report: { user: { id: '54321', name: '54321' } } }])
})

whenHookBuilt('an action waits until the daemon passes a decision on', async () => {
  await using gate = await startGate({ kind: 'policy', version: 1, text: RULES })
  gate.send({ kind: 'directory', isConnected: true, device: DEVICE })
  const hook = startHook(['--socket', gate.socket, 'copilot-cli'])
  hook.stdin.end(
    JSON.stringify({
      sessionId: 's',
      timestamp: 1,
      cwd: '/',
      toolName: 'bash',
      toolArgs: JSON.stringify({ command: 'terraform apply' }),
    }),
  )
  const ended = endOf(hook)
  const asked = await waitFor('a request', () => gate.said.find((one) => one.kind === 'approval-request'))
  expect(asked).toMatchObject({ request: { approvers: ['owner'], reasons: [{ rule: 'production' }] } })
  hook.kill()
  await ended
  await waitFor('the action is reported', () => actions(gate).length === 1)
  expect(actions(gate)).toMatchObject([{ report: { decision: 'expired' } }])
})

whenHookBuilt('a newer policy is used at once, and one that is refused changes nothing', async () => {
  await using gate = await startGate()
  gate.send({
    kind: 'policy',
    version: 1,
    text: '@id("shut") @because("all is shut") forbid (principal, action, resource);',
  })
  await waitFor('the policy', () => gate.said.some((one) => one.kind === 'policy' && one.version === 1))
  expect((await gate.ask(bash('ls'))).output).toContain('all is shut')
  gate.send({ kind: 'policy', version: 2, text: 'permit (principal' })
  const refused = await waitFor('the refusal', () =>
    gate.said.find((one) => one.kind === 'policy' && one.version === 2),
  )
  expect(refused).toMatchObject({ refused: expect.stringContaining('line 1') })
  expect((await gate.ask(bash('ls'))).output).toContain('all is shut')
})

whenHookBuilt('a first policy that is refused leaves the built-in one', async () => {
  await using gate = await startGate({ kind: 'policy', version: 7, text: 'nonsense' })
  expect(gate.said).toMatchObject([{ kind: 'policy', version: 7, refused: expect.any(String) }, { kind: 'serving' }])
  expect((await gate.ask(bash('rm -rf /'))).output).toContain('whole-disk')
})

whenHookBuilt('the end of the daemon is the end of the gate, and hooks then refuse', async () => {
  await using gate = await startGate()
  expect(await gate.end()).toBe(0)
  expect(existsSync(gate.socket)).toBe(false)
  expect((await gate.ask(bash('ls'))).output).toContain('"permissionDecision":"deny"')
})

describe('a request is refused with a reason', () => {
  const body = (...parts: readonly (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)))
  const framed = (bytes: Buffer) => body(bigEndian(bytes.length), bytes)
  test.each([
    ['of another version', framed(body(Buffer.of(2, 5), 'codex{}')), 'another version'],
    ['of a client that is not known', framed(body(Buffer.of(1, 4), 'evil{}')), 'no client that the gate knows'],
    ['whose name is longer than it', framed(body(Buffer.of(1, 200), 'codex')), 'is cut'],
    ['that is cut', framed(body(Buffer.of(1, 5), 'codex{}')).subarray(0, 8), 'is cut'],
    ['with more than it said', body(framed(body(Buffer.of(1, 5), 'codex{}')), 'more'), 'more than it said'],
    ['of 1 GB', bigEndian(1 << 30), 'more than'],
    ['of nothing', bigEndian(0), 'too short'],
    ['that is not UTF-8', framed(body(Buffer.of(1, 5), 'codex', Buffer.of(0xff))), 'refused this'],
  ])('%s', async (_, bytes, reason) => {
    await using gate = await startGate()
    const answer = await answerTo(gate, bytes)
    expect(answer).toContain(reason)
    // Kind, exit code.
    expect(answer.slice(4, 6)).toBe('\x01\x02')
  })
})

whenHookBuilt('10 MB, and many at once, are answered', async () => {
  await using gate = await startGate()
  const long = bash('x'.repeat(9 * MIB))
  const answers = await Promise.all([
    ...Array.from({ length: 4 }, () => gate.ask(long)),
    ...Array.from({ length: 40 }, (_, at) => gate.ask(bash(`ls ${at}`))),
  ])
  expect(answers.slice(0, 4).every(({ output, error }) => `${output}${error}`.includes('refuse'))).toBe(true)
  expect(answers.slice(4).every(({ output }) => output === '')).toBe(true)
})

test('connections that say nothing do not keep others out', async () => {
  await using gate = await startGate()
  const silent = Array.from({ length: 30 }, () => connect(gate.socket).on('error', () => undefined))
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  expect(await gate.ask(bash('ls'))).toEqual(ALLOWED)
  for (const socket of silent) socket.destroy()
})
