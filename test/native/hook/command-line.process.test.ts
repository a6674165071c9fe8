import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import {
  CLIENTS,
  fakeGate,
  finalFrame,
  frame,
  HOOK_PROGRAM,
  runHook,
  startHook,
  whenHookBuilt,
} from '../../support/processes/hook.ts'

const SOCKET = '/nonexistent/hooks.sock'
/** With its NUL it has 108 bytes, as much as a socket's address. */
const LONGEST = `/${'a'.repeat(106)}`

whenHookBuilt.each([
  [[]],
  [['unknown']],
  [['Cursor']],
  [['cursor ']],
  [['']],
  [['cursor', 'codex']],
  [['cursor', '--seconds', '5']],
  [['--seconds', 'cursor']],
  [['--seconds', '0', 'cursor']],
  [['--seconds', '3601', 'cursor']],
  [['--seconds', '4294967297', 'cursor']],
  [['--seconds', '99999999999999999999', 'cursor']],
  [['--seconds', '-1', 'cursor']],
  [['--seconds', '+1', 'cursor']],
  [['--seconds', '1.5', 'cursor']],
  [['--seconds', '1s', 'cursor']],
  [['--seconds', '', 'cursor']],
  [['--seconds', '5', '--seconds', '5', 'cursor']],
  [['--seconds=5', 'cursor']],
  [['--socket', SOCKET]],
  [['--socket', '', 'cursor']],
  [['--socket', 'hooks.sock', 'cursor']],
  [['--socket', `${LONGEST}a`, 'cursor']],
  [['--socket', SOCKET, '--socket', SOCKET, 'cursor']],
  [['--help', 'cursor']],
  [['--', 'cursor']],
  [['-s', SOCKET, 'cursor']],
])('the command line %j is refused with exit code 2 and the usage', async (args) => {
  const { code, output, error } = await runHook(args)
  expect([code, output]).toEqual([2, ''])
  expect(error).toMatch(/^usage: surety-hook \[--socket PATH\] \[--seconds 1-3600\] CLIENT\nclients: /)
})

whenHookBuilt.each([
  [['--seconds', '1', '--socket', SOCKET, 'cursor']],
  [['--socket', SOCKET, '--seconds', '3600', 'cursor']],
  [['--socket', LONGEST, 'cursor']],
])('the command line %j is taken', async (args) => {
  const answer = await runHook(args)
  expect(JSON.parse(answer.output)).toMatchObject({ permission: 'deny' })
})

whenHookBuilt('--help prints the usage with all clients', async () => {
  const { code, output, error } = await runHook(['--help'])
  expect([code, error]).toEqual([0, ''])
  expect(output).toContain(`clients: ${Object.keys(CLIENTS).toSorted().join(' ')}\n`)
})

whenHookBuilt.each([
  ['input', '<&-'],
  ['output', '>&-'],
])('without standard %s it ends with exit code 2', async (_, closed) => {
  await using gate = await fakeGate((socket) => socket.write(finalFrame(0, '')))
  const script = `exec "$0" --socket "$1" claude-code ${closed}`
  const answer = await runHook(['-c', script, HOOK_PROGRAM, gate.socket], { program: '/bin/sh' })
  expect(answer).toMatchObject({ code: 2, output: '' })
  expect(gate.requests).toEqual([])
})

whenHookBuilt('without standard error it answers, and the gate sees nothing else', async () => {
  await using gate = await fakeGate((socket) => socket.write(finalFrame(4, 'all', 'errors')))
  const script = 'exec "$0" --socket "$1" claude-code 2>&-'
  const answer = await runHook(['-c', script, HOOK_PROGRAM, gate.socket], { program: '/bin/sh' })
  expect(answer).toEqual({ code: 4, output: 'all', error: '' })
  expect(gate.requests.map(String)).toEqual(['\x01\x0bclaude-code{}'])
})

whenHookBuilt('a no that finds no room in the output is an exit code', () => {
  const script = 'exec "$0" --socket "$1" claude-code > /dev/full'
  const { status, stderr } = spawnSync('/bin/sh', ['-c', script, HOOK_PROGRAM, SOCKET], {
    input: '{}',
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([2, expect.stringContaining("Surety's gate does not run")])
})

whenHookBuilt.each([
  ['a no', Buffer.of()],
  ['an answer', finalFrame(0, '{}')],
  ['progress', frame(0, ' ')],
])('%s for a client that has closed the output is an exit code', async (_, bytes) => {
  const { promise: asked, resolve } = Promise.withResolvers<Socket>()
  await using gate = await fakeGate(resolve)
  const child = startHook(['--socket', gate.socket, 'claude-code'])
  child.stdin.end('{}')
  const socket = await asked
  child.stdout.destroy()
  await once(child.stdout, 'close')
  const ended = once(child, 'exit')
  socket.end(bytes)
  expect(await ended).toEqual([2, null])
})
