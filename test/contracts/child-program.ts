import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A real child that does what it is told, on every system that Node runs on. */
export interface ChildProgram extends AsyncDisposable {
  readonly pid: number
  readonly args: readonly string[]
  /** Uses a processor for a while. */
  work(): Promise<void>
  /** @returns the port of 127.0.0.1 that it listens on. */
  listen(): Promise<number>
  connect(port: number): Promise<void>
  kill(): Promise<void>
}

const PROGRAM = `
  const net = require('node:net')
  const say = (text) => process.stdout.write(text + '\\n')
  const kept = []
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const [order, port] = line.split(' ')
    if (order === 'work') {
      const end = performance.now() + 50
      while (performance.now() < end);
      say('worked')
    }
    if (order === 'listen') {
      const server = net.createServer((socket) => kept.push(socket.on('error', () => {})))
      server.listen(0, '127.0.0.1', () => say(String(server.address().port)))
    }
    if (order === 'connect') kept.push(net.connect(Number(port), '127.0.0.1', () => say('connected')).on('error', () => {}))
  })
  say('ready')`

/** @param init.args behind the program. */
export async function startChild(init: {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}): Promise<ChildProgram> {
  const args = ['-e', PROGRAM, ...(init.args ?? [])]
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...init.env },
    ...(init.cwd === undefined ? {} : { cwd: init.cwd }),
  })
  if (child.stdout === null || child.stdin === null) throw new TypeError('the child has no pipes')
  const { stdin } = child
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done === true) throw new TypeError('the child has ended')
    return value
  }
  const order = async (text: string) => {
    stdin.write(`${text}\n`)
    return await answer()
  }
  await answer()
  return {
    pid: child.pid ?? 0,
    args: [process.execPath, ...args],
    async work() {
      await order('work')
    },
    listen: async () => Number(await order('listen')),
    async connect(port) {
      await order(`connect ${port}`)
    },
    kill: () => end(child),
    [Symbol.asyncDispose]: () => end(child),
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
