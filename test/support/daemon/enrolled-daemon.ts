import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type StartedProgram, startOwnProgram } from '../../../scripts/start/own-program.ts'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { administratorProfileReader } from '../../../src/protocol/noun/answers.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'

export function profileOf(data: string) {
  return administratorProfileReader.readJson(readFileSync(join(data, 'administrator.json'), 'utf8'))
}

/** Starts a daemon process with software keys, and a token of the directory that runs on `data`. */
export async function startEnrolledDaemon(init: {
  readonly script: string
  readonly folder: string
  readonly data: string
  readonly socket: string
  readonly args?: readonly string[]
}): Promise<{ readonly daemon: StartedProgram; readonly device: string }> {
  const { folder } = init
  const request = { owner: 'ada@example.org', minimumTier: 'software' }
  const created = await apiClient(profileOf(init.data)).ask('POST', '/tokens', createdTokenReader, request)
  const enrolmentFile = join(folder, 'enrolment')
  writeFileSync(enrolmentFile, created.enrolment, { mode: 0o600 })
  const daemon = await startOwnProgram({
    name: 'the daemon',
    script: init.script,
    logFile: join(folder, 'log'),
    args: [
      ...['run', '--ready-json', '--state-folder', join(folder, 'state'), '--enrolment-file', enrolmentFile],
      ...['--socket', init.socket, '--keys', 'software', '--log-file', join(folder, 'log'), ...(init.args ?? [])],
    ],
  })
  const device = String((await daemon.line((line) => (line.phase === 'enrolled' ? line.device : undefined))) ?? '')
  await daemon.line(({ phase }) => (phase === 'complete' ? true : undefined))
  return { daemon, device }
}
