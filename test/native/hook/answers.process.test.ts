import { once } from 'node:events'
import type { Socket } from 'node:net'
import {
  bigEndian,
  byExitCode,
  CLIENTS,
  endOf,
  fakeGate,
  finalFrame,
  frame,
  runHook,
  startHook,
  whenHookBuilt,
} from '../../support/processes/hook.ts'

const MIB = 1024 * 1024
const UNREADABLE =
  "Surety's gate gave an answer that its hook cannot read; ask your administrator, or run `surety hooks doctor`"
const ENDED =
  "Surety's gate ended before it answered; try again, then ask your administrator, or run `surety hooks doctor`"
const LATE = "Surety's gate did not answer in 1 s; ask your administrator, or run `surety hooks doctor`"
const TOO_LARGE = 'The client asks Surety about more than 10 MiB; let the agent do this in smaller steps'

whenHookBuilt.each(Object.entries(CLIENTS))('%s gets the no of the hook in its dialect', async (client, { no }) => {
  await using gate = await fakeGate((socket) => socket.end())
  expect(await runHook(['--socket', gate.socket, client])).toEqual(no(ENDED))
})

whenHookBuilt.each(Object.keys(CLIENTS))('%s gets output, errors and exit code of the gate', async (client) => {
  await using gate = await fakeGate((socket) => socket.write(finalFrame(7, '{"a":"ü"}', 'why\n')))
  const input = Buffer.from([0, 255, 10, 123, 0])
  const answer = await runHook(['--socket', gate.socket, client], { input })
  expect(answer).toEqual({ code: 7, output: '{"a":"ü"}', error: 'why\n' })
  expect(gate.requests).toEqual([Buffer.concat([Buffer.of(1, client.length), Buffer.from(client), input])])
})

whenHookBuilt('an answer may be empty, and so may the document', async () => {
  await using gate = await fakeGate((socket) => socket.write(finalFrame(0, '')))
  expect(await runHook(['--socket', gate.socket, 'codex'], { input: '' })).toEqual({ code: 0, output: '', error: '' })
  expect(gate.requests).toEqual([Buffer.from('\x01\x05codex')])
})

whenHookBuilt('prints progress as it comes, and the answer after it', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<Socket>()
  await using gate = await fakeGate(resolve)
  const child = startHook(['--socket', gate.socket, 'claude-code'])
  child.stdin.end('{}')
  const socket = await asked
  for (const text of ['{"a":1}\n', '\n']) {
    socket.write(frame(0, text))
    const [printed] = await once(child.stdout, 'data')
    expect(String(printed)).toBe(text)
  }
  const end = endOf(child)
  socket.write(Buffer.concat([frame(0), finalFrame(0, 'all', 'and errors')]))
  expect(await end).toEqual({ code: 0, output: 'all', error: 'and errors' })
})

whenHookBuilt('frames may come byte by byte', async () => {
  await using gate = await fakeGate(async (socket) => {
    for (const byte of Buffer.concat([frame(0, '\n'), finalFrame(0, 'all')])) {
      socket.write(Buffer.of(byte))
      await new Promise(setImmediate)
    }
  })
  expect(await runHook(['--socket', gate.socket, 'cursor'])).toEqual({ code: 0, output: '\nall', error: '' })
})

whenHookBuilt('takes a frame of 1 MiB', async () => {
  const output = 'a'.repeat(MIB - 6)
  await using gate = await fakeGate((socket) => {
    socket.write(Buffer.concat([frame(0, ' '.repeat(MIB - 1)), finalFrame(3, output)]))
  })
  const answer = await runHook(['--socket', gate.socket, 'cursor'])
  expect(answer).toEqual({ code: 3, output: `${' '.repeat(MIB - 1)}${output}`, error: '' })
})

const badFrames: readonly (readonly [string, Buffer])[] = [
  ['a frame without a kind', bigEndian(0)],
  ['a frame of more than 1 MiB', frame(0, ' '.repeat(MIB))],
  ['a final frame of more than 1 MiB', finalFrame(0, 'a'.repeat(MIB - 5))],
  ['a length of 4 GiB', bigEndian(0xff_ff_ff_ff)],
  ['a kind that is not known', frame(2, 'a')],
  ['a final frame without an exit code', frame(1)],
  ['a final frame with half a length', frame(1, 0, 0, 0)],
  ['an output that is longer than its frame', frame(1, 0, bigEndian(4), 'abc')],
  ['an output of 4 GiB', frame(1, 0, bigEndian(0xff_ff_ff_ff), 'abc')],
]
whenHookBuilt.each(badFrames)('%s is a no', async (_, bytes) => {
  await using gate = await fakeGate((socket) => socket.write(bytes))
  expect(await runHook(['--socket', gate.socket, 'gemini-cli'])).toEqual(CLIENTS['gemini-cli']?.no(UNREADABLE))
  expect(await runHook(['--socket', gate.socket, 'windsurf'])).toEqual(byExitCode(UNREADABLE))
})

const allowing = finalFrame(0, '{"decision":"allow"}')
whenHookBuilt.each([
  ['in its length', allowing.subarray(0, 3)],
  ['after its length', allowing.subarray(0, 4)],
  ['in its head', allowing.subarray(0, 8)],
  ['before its last byte', allowing.subarray(0, -1)],
])('an answer that is cut %s is a no', async (_, bytes) => {
  await using gate = await fakeGate((socket) => socket.end(bytes))
  expect(await runHook(['--socket', gate.socket, 'gemini-cli'])).toEqual(CLIENTS['gemini-cli']?.no(ENDED))
})

whenHookBuilt('a no after blank progress is still JSON', async () => {
  await using gate = await fakeGate((socket) => socket.end(frame(0, ' \t\r\n')))
  const answer = await runHook(['--socket', gate.socket, 'cursor'])
  expect({ ...answer, output: JSON.parse(answer.output) }).toEqual({
    code: 0,
    output: { permission: 'deny', user_message: ENDED },
    error: '',
  })
})

whenHookBuilt.each(['{"a":1}\n', '\0'])(
  'a no after progress %j is an exit code: JSON would be unreadable',
  async (text) => {
    await using gate = await fakeGate((socket) => socket.end(frame(0, text)))
    expect(await runHook(['--socket', gate.socket, 'cursor'])).toEqual({ ...byExitCode(ENDED), output: text })
  },
)

whenHookBuilt('an early answer holds, although the gate did not read the document', async () => {
  await using gate = await fakeGate(() => undefined, {
    onConnection: (socket) => {
      socket.pause()
      socket.write(finalFrame(0, '{"decision":"deny"}'), () => socket.destroy())
    },
  })
  const answer = await runHook(['--socket', gate.socket, 'gemini-cli'], { input: 'x'.repeat(5 * MIB) })
  expect(answer).toEqual({ code: 0, output: '{"decision":"deny"}', error: '' })
})

whenHookBuilt.each(Object.entries(CLIENTS))('%s gets a no when the gate is late', async (client, { no }) => {
  await using gate = await fakeGate(() => undefined)
  expect(await runHook(['--seconds', '1', '--socket', gate.socket, client])).toEqual(no(LATE))
})

whenHookBuilt('progress does not move the deadline', async () => {
  let beat: NodeJS.Timeout | undefined
  await using gate = await fakeGate((socket) => {
    beat = setInterval(() => socket.write(frame(0, '\n')), 50)
  })
  const answer = await runHook(['--seconds', '1', '--socket', gate.socket, 'cursor'])
  clearInterval(beat)
  expect(JSON.parse(answer.output)).toEqual({ permission: 'deny', user_message: LATE })
})

whenHookBuilt('a gate that does not read the document is late', async () => {
  await using gate = await fakeGate(() => undefined, { onConnection: (socket) => socket.pause() })
  const answer = await runHook(['--seconds', '1', '--socket', gate.socket, 'cursor'], { input: 'x'.repeat(5 * MIB) })
  expect(answer).toEqual(CLIENTS.cursor?.no(LATE))
})

whenHookBuilt('a client that does not end its document gets a no, and the gate no question', async () => {
  await using gate = await fakeGate(() => undefined)
  const child = startHook(['--seconds', '1', '--socket', gate.socket, 'codex'])
  child.stdin.write('{')
  const reason = "The client did not end its question to Surety's hook; start the client again"
  expect(await endOf(child)).toEqual(CLIENTS.codex?.no(reason))
  child.stdin.destroy()
  expect(gate.requests).toEqual([])
})

whenHookBuilt('an output that the client does not read is a no by the exit code', async () => {
  await using gate = await fakeGate((socket) => socket.write(finalFrame(0, 'a'.repeat(MIB - 6))))
  const child = startHook(['--seconds', '1', '--socket', gate.socket, 'claude-code'])
  child.stdin.end('{}')
  const [code] = await once(child, 'exit')
  child.stdout.destroy()
  expect(code).toBe(2)
})

whenHookBuilt('takes a document of 10 MiB, whole', async () => {
  await using gate = await fakeGate((socket, request) => socket.write(finalFrame(0, String(request.length))))
  const input = Buffer.alloc(10 * MIB, 'x')
  expect(await runHook(['--socket', gate.socket, 'cursor'], { input })).toMatchObject({
    code: 0,
    output: String(2 + 'cursor'.length + input.length),
  })
})

whenHookBuilt.each(Object.entries(CLIENTS))('%s gets a no for 10 MiB and a byte', async (client, { no }) => {
  await using gate = await fakeGate((socket) => socket.write(finalFrame(0, '')))
  const input = Buffer.alloc(10 * MIB + 1, 'x')
  expect(await runHook(['--socket', gate.socket, client], { input })).toEqual(no(TOO_LARGE))
  expect(gate.requests).toEqual([])
})

whenHookBuilt('reads a document that is far too large to its end', async () => {
  await using gate = await fakeGate((socket) => socket.write(finalFrame(0, '')))
  const child = startHook(['--socket', gate.socket, 'cursor'])
  const errors: unknown[] = []
  child.stdin.on('error', (error) => errors.push(error))
  child.stdin.end(Buffer.alloc(30 * MIB, 'x'))
  expect(await endOf(child)).toEqual(CLIENTS.cursor?.no(TOO_LARGE))
  expect(errors).toEqual([])
})
