import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const MODULE = pathToFileURL(join(import.meta.dirname, '../../../src/system/program/own-process.ts')).href

/** A program that says each wish it hears, and ends when its standard input does. */
async function listening(body = '') {
  const script = `
    const { onEndSignal } = await import(${JSON.stringify(MODULE)})
    const heard = onEndSignal((name) => console.log('asked by', name))
    ${body}
    process.stdin.on('data', () => console.log('still here')).on('end', () => process.exit(7))
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let said = ''
  const lines = child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const until = async (words: string) => {
    while (!said.includes(words)) await once(lines, 'data')
  }
  await until('ready')
  return { child, ended, until, said: () => said, [Symbol.dispose]: () => void child.kill('SIGKILL') }
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s asks for an end, and the program decides', async (name) => {
  using program = await listening()
  program.child.kill(name)
  await program.until(`asked by ${name}`)
  program.child.stdin.end()
  expect(await program.ended).toEqual([7, null])
})

test('a Ctrl-C that comes twice, from the terminal and from npm, is one', async () => {
  // Right behind each other, however busy the machine is.
  using program = await listening(`process.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))`)
  program.child.kill('SIGINT')
  await program.until('asked by SIGINT')
  program.child.stdin.write('well?')
  await program.until('still here')
  program.child.stdin.end()
  expect(await program.ended).toEqual([7, null])
  expect(program.said().match(/asked by/g)).toHaveLength(1)
})

test('a later one ends the program at once', async () => {
  using program = await listening(
    `process.once('SIGINT', () => setTimeout(() => process.kill(process.pid, 'SIGTERM'), 800))`,
  )
  program.child.kill('SIGINT')
  expect(await program.ended).toEqual([null, 'SIGTERM'])
})

test('exits with 1 when a clean end takes too long', async () => {
  using program = await listening(`
    heard[Symbol.dispose]()
    const { endSignal } = await import(${JSON.stringify(MODULE)})
    endSignal({ withinMs: 50 }).addEventListener('abort', () => console.log('aborted'))
    setInterval(() => undefined, 1_000)`)
  program.child.kill('SIGTERM')
  expect(await program.ended).toEqual([1, null])
  expect(program.said()).toContain('aborted')
})

test('disposed, it hears none', async () => {
  using program = await listening('heard[Symbol.dispose]()')
  program.child.kill('SIGINT')
  expect(await program.ended).toEqual([null, 'SIGINT'])
})
