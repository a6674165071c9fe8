import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startProgram } from '../../../src/system/program/command.ts'
import type { NoteKey } from '../../../src/tlog/note-keys.ts'
import { freePort } from '../processes/free-port.ts'
import { waitFor } from '../wait-for.ts'

/** `sigsum-witness` of Debian's sigsum-go, a witness by other people. */

export const SIGSUM_WITNESS = '/usr/bin/sigsum-witness'

export interface Witness extends AsyncDisposable {
  readonly url: string
  readonly publicKey: Uint8Array
}

/** It cosigns one log, whose name must be this. */
export function sigsumOrigin(publicKey: Uint8Array): string {
  return `sigsum.org/v1/tree/${createHash('sha256').update(publicKey).digest('hex')}`
}

export async function startSigsumWitness(folder: string, log: NoteKey): Promise<Witness> {
  const [signing, logKey] = [join(folder, 'witness-key'), join(folder, 'log-key.pub')]
  await promisify(execFile)('/usr/bin/sigsum-key', ['generate', '-o', signing])
  await writeFile(logKey, `ssh-ed25519 ${sshEd25519(log.publicKey).toString('base64')} log\n`)
  const [, encoded = ''] = (await readFile(`${signing}.pub`, 'utf8')).split(' ')
  const address = `127.0.0.1:${await freePort()}`
  const program = await startProgram({
    path: SIGSUM_WITNESS,
    args: ['-k', signing, '--log-key', logKey, '--state-file', join(folder, 'state'), address],
    // It was built with the old rules of Go's router, which do not know the routes that it has.
    env: { PATH: process.env.PATH ?? '', GODEBUG: 'httpmuxgo121=0' },
    stderr: 'inherit',
  })
  const url = `http://${address}`
  await waitFor('sigsum-witness to listen', () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  )
  return {
    url,
    publicKey: Buffer.from(encoded, 'base64').subarray(-32),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

function sshEd25519(publicKey: Uint8Array): Buffer {
  const [name, lengths] = [Buffer.from('ssh-ed25519'), Buffer.alloc(8)]
  lengths.writeUInt32BE(name.length, 0)
  lengths.writeUInt32BE(publicKey.length, 4)
  return Buffer.concat([lengths.subarray(0, 4), name, lengths.subarray(4), publicKey])
}
