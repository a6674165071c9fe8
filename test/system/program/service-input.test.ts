import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { type ServiceEvent, serviceInput } from '../../../src/system/program/service-input.ts'

function started() {
  const stdin = new PassThrough()
  const unknown: string[] = []
  const events: ServiceEvent[] = []
  const input = serviceInput(stdin, { onUnknown: (line) => unknown.push(line) })
  const watch = input.watch((event) => events.push(event))
  let isOver = false
  void input.ended.then(() => {
    isOver = true
  })
  return { stdin, input, watch, events, unknown, isOver: () => isOver }
}

test('reads sleep and sessions, however the lines are cut', async () => {
  const { stdin, events, unknown } = started()
  for (const piece of ['POWER=susp', 'end\nPOWER=resume\r\nSESSION=log', 'on 3\nSESSION=lock 0', '\n'])
    stdin.write(piece)
  await turn()
  expect([events, unknown]).toEqual([
    [{ kind: 'suspend' }, { kind: 'resume' }, { kind: 'logon', session: 3 }, { kind: 'lock', session: 0 }],
    [],
  ])
})

test.each([
  [''],
  ['POWER='],
  ['POWER=off'],
  ['power=resume'],
  ['POWER=resume now'],
  ['SESSION=logon'],
  ['SESSION=logon -1'],
  ['SESSION=logon 12345678901'],
  ['SESSION=toString 1'],
  ['SESSION=logon 1 2'],
  ['POWER=resume\0'],
  [' POWER=resume'],
])('takes %j for no event', async (line) => {
  const { stdin, events, unknown } = started()
  stdin.write(`${line}\nPOWER=resume\n`)
  await turn()
  expect([events, unknown]).toEqual([[{ kind: 'resume' }], [line]])
})

test('keeps no more than the beginning of an endless line, and reads the next one', async () => {
  const { stdin, events, unknown } = started()
  for (let piece = 0; piece < 200; piece++) stdin.write('x'.repeat(64 * 1024))
  stdin.write('\nPOWER=suspend\n')
  await turn()
  expect(events).toEqual([{ kind: 'suspend' }])
  expect(unknown).toEqual(['x'.repeat(129)])
})

test('ends with the stream; half a line is no event', async () => {
  const { stdin, isOver, events } = started()
  stdin.write('POWER=resume')
  await turn()
  expect(isOver()).toBe(false)
  stdin.end()
  await turn()
  expect([isOver(), events]).toEqual([true, []])
})

test('ends with an error of the stream', async () => {
  const { stdin, isOver } = started()
  stdin.destroy(new Error('broken'))
  await turn()
  expect(isOver()).toBe(true)
})

test('calls no listener after its disposal, and other listeners still', async () => {
  const { stdin, watch, events, input } = started()
  const others: ServiceEvent[] = []
  input.watch((event) => others.push(event))
  watch[Symbol.dispose]()
  stdin.write('POWER=resume\n')
  await turn()
  expect([events, others]).toEqual([[], [{ kind: 'resume' }]])
  input[Symbol.dispose]()
  expect(stdin.destroyed).toBe(true)
})
