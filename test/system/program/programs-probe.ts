/** Runs on Windows (under Wine): starts programs of our own and prints what became of them. With an argument it is such a program. */
import { join } from 'node:path'
import { codeOf } from '../../../src/base/errors.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { standardPipes } from '../../../src/system/program/standard-pipes.ts'

const ROOT = join(import.meta.dirname, '../../..')
const QUIET = '--disable-warning=ExperimentalWarning'
const ownArguments = (role: string) => [QUIET, import.meta.filename, role]

async function textOf(stream: AsyncIterable<unknown> | undefined): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += String(chunk)
  return text
}

async function echoed() {
  await using child = await startProgram({
    path: process.execPath,
    args: ownArguments('echo'),
    env: { GIVEN: 'yes' },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  child.stdin?.end('from the parent')
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
  return { ...(await child.exit), stderr, ...JSON.parse(stdout) }
}

async function killed() {
  const child = await startProgram({ path: process.execPath, args: ownArguments('wait'), stdout: 'pipe' })
  await child.stdout?.[Symbol.asyncIterator]().next()
  child.kill('SIGKILL')
  return await child.exit
}

async function disposed() {
  let exit: Promise<unknown>
  {
    await using child = await startProgram({ path: process.execPath, args: ownArguments('wait') })
    exit = child.exit
  }
  return await exit
}

/** As `surety-directory config show | head` leaves it. */
async function unread() {
  await using child = await startProgram({
    path: process.execPath,
    args: [QUIET, join(ROOT, 'src/main-directory.ts'), 'config', 'show'],
    stdout: 'pipe',
    stderr: 'pipe',
  })
  child.stdout?.destroy()
  return { ...(await child.exit), stderr: await textOf(child.stderr) }
}

async function refused(path: string) {
  try {
    await using _ = await startProgram({ path, args: [] })
    return 'started'
  } catch (error) {
    return codeOf(error)
  }
}

const role = process.argv[2]
if (role === 'echo') {
  const pipes = standardPipes()
  const read = Buffer.from(pipes.readAll(1024)).toString()
  const { SECRET = 'none', GIVEN, SystemRoot } = process.env
  pipes.write(Buffer.from(JSON.stringify({ read, SECRET, GIVEN, SystemRoot })))
} else if (role === 'wait') {
  process.stdout.write('ready')
  setInterval(() => undefined, 1_000)
} else {
  const seen = {
    echoed: await echoed(),
    killed: await killed(),
    disposed: await disposed(),
    unread: await unread(),
    refused: await Promise.all(['node.exe', 'C:\\absent.exe', 'C:\\windows\\win.ini'].map(refused)),
  }
  process.stdout.write(JSON.stringify(seen))
}
