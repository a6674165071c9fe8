import { deepEqual, equal, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { ProgramInit, RunningProgram } from '../../src/system/program/command.ts'

/** What everything that starts a reader keeps to. Free of Jest, so that Wine can run it. */

export interface ReaderStartUnderTest {
  start(init: ProgramInit, user: { readonly id: string }): Promise<RunningProgram>
  /** The runtime, as an absolute path. */
  readonly node: string
  readonly ownUserId: string
}

export interface ReaderStartCheck {
  readonly name: string
  run(underTest: ReaderStartUnderTest): Promise<void>
}

type Scene = ReaderStartUnderTest & { script(text: string, ...args: readonly string[]): Promise<RunningProgram> }

function check(name: string, work: (scene: Scene) => Promise<void>): ReaderStartCheck {
  return {
    name,
    run: (underTest) =>
      work({
        ...underTest,
        script: (text, ...args) =>
          underTest.start(
            { path: underTest.node, args: ['-e', text, ...args], stdin: 'pipe', stdout: 'pipe' },
            { id: underTest.ownUserId },
          ),
      }),
  }
}

const READ_ALL = `const fs = require('fs'); let all = ''
  const chunk = Buffer.alloc(65536)
  for (let read; (read = fs.readSync(0, chunk)) > 0;) all += chunk.toString('latin1', 0, read)`

export const READER_START_CHECKS: readonly ReaderStartCheck[] = [
  check('the child reads all of its input to the end and its whole output arrives', async ({ script }) => {
    await using program = await script(
      `${READ_ALL}; fs.writeSync(1, String(all.length)); fs.writeSync(1, 'y'.repeat(10))`,
    )
    program.stdin?.end('x'.repeat(1_000_000))
    equal(await textOf(program.stdout), '1000000yyyyyyyyyy')
    deepEqual(await program.exit, { exitCode: 0, signal: undefined })
  }),
  check('output of a megabyte arrives whole', async ({ script }) => {
    await using program = await script(
      `const fs = require('fs'); let left = 1e6; while (left > 0) left -= fs.writeSync(1, 'z'.repeat(Math.min(left, 50000)))`,
    )
    equal((await textOf(program.stdout)).length, 1_000_000)
  }),
  check('arguments arrive as they are', async ({ script }) => {
    const args = ['', 'two words', 'a"b', 'back\\slash\\', '\\"', 'ünïcode', '%PATH%', '*']
    await using program = await script('process.stdout.write(JSON.stringify(process.argv.slice(1)))', ...args)
    deepEqual(JSON.parse(await textOf(program.stdout)), args)
  }),
  check('nothing of our own environment is passed on', async ({ script }) => {
    await using program = await script('process.stdout.write(JSON.stringify(Object.keys(process.env)))')
    const names: string[] = JSON.parse(await textOf(program.stdout))
    deepEqual(
      names.filter((name) => /^(?:NODE_|LD_|HOME$|USERPROFILE$|TMP|TEMP$)/.test(name)),
      [],
    )
  }),
  check('reports the exit code of the child', async ({ script }) => {
    await using program = await script('process.exit(7)')
    deepEqual(await program.exit, { exitCode: 7, signal: undefined })
  }),
  check('a child that never ends is killed', async ({ script }) => {
    const program = await script(`process.stdout.write('up'); setInterval(() => {}, 1000)`)
    if (program.stdout !== undefined) await once(program.stdout, 'data')
    program.kill('SIGKILL')
    const { exitCode } = await program.exit
    equal(exitCode === 0, false)
  }),
  check('a program that is not there is a failure', async ({ start, node, ownUserId }) => {
    await rejects(start({ path: `${node}-absent`, args: [] }, { id: ownUserId }), { code: 'COMMAND_FAILED' })
  }),
]

async function textOf(stream: Readable | undefined): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += String(chunk)
  return text
}
