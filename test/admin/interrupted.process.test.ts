import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { serveDirectory } from '../support/directory/directory-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN = resolve(import.meta.dirname, '../../src/main-directory.ts')

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends the making of a token while no directory answers, and leaves no file',
  async (signal) => {
    using folder = temporaryFolder()
    await using server = await serveDirectory(folder.path)
    server.kill('SIGSTOP')
    const file = join(folder.path, 'alice.enrolment')
    const args = ['token', 'create', '--owner', 'alice', '--out', file, '--data', folder.path]
    const command = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    command.stderr.on('data', (text) => {
      said += text
    })
    const closed = once(command, 'close')
    await waitFor('its file', () => existsSync(file) || command.exitCode !== null)
    command.kill(signal)
    const [exitCode, endedBy] = await closed
    server.kill('SIGCONT')
    expect({ exitCode, endedBy, said, left: existsSync(file) }).toEqual({
      exitCode: null,
      endedBy: signal,
      left: false,
      said: `surety-directory: ended by ${signal} [SESSION_TIMEOUT]\n`,
    })
  },
)
