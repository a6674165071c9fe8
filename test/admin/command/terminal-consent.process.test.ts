import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { asArgument } from '../../../src/admin/command/format.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { waitFor } from '../../support/wait-for.ts'

/** What a person at a real terminal answers, and what comes of it. */

const SCRIPT = '/usr/bin/script'
const PROGRAM = resolve(import.meta.dirname, '../../../src/main-directory.ts')
const missing = existsSync(SCRIPT) ? undefined : `${SCRIPT} is missing (apt-get install bsdutils)`
if (missing !== undefined) process.stderr.write(`skipped: a question at a terminal: ${missing}\n`)
const atTerminal = missing === undefined ? test : test.skip

let directory: TestDirectory
let token: string
directoryForAll(async (started) => {
  directory = started
  token = (await directory.services.tokens.create({ owner: 'ada', ttlMs: 3_600_000, minimumTier: 'tpm' }, 'adm_test'))
    .id
})

/** Waits for the question, types, and returns how it ended. */
async function answered(typed: string) {
  const words = [process.execPath, PROGRAM, 'token', 'revoke', token, '--data', directory.folder].map(asArgument)
  const child = spawn(SCRIPT, ['--quiet', '--return', '--flush', '--command', words.join(' '), '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  const ended = once(child, 'close').then(([code]) => code)
  try {
    await waitFor('the question', () => out, { until: (text) => text.includes('[y/N] '), withinMs: 60_000 })
    child.stdin.write(typed)
    return { exitCode: await ended, out, revoked: (await directory.store.tokens.get(token))?.revokedAt !== undefined }
  } finally {
    child.kill()
  }
}

atTerminal('yes does it', async () => {
  const { exitCode, out, revoked } = await answered('y\n')
  expect({ exitCode, revoked, said: out.includes(`token ${token} is revoked`) }).toEqual({
    exitCode: 0,
    revoked: true,
    said: true,
  })
})

atTerminal.each([
  ['no', 'n\n'],
  ['an empty line', '\n'],
  ['the end of input', '\u0004'],
])('%s does not', async (_name, typed) => {
  const { exitCode, out, revoked } = await answered(typed)
  expect({ exitCode, revoked, said: out.includes('nothing was changed') }).toEqual({
    exitCode: 1,
    revoked: false,
    said: true,
  })
})

atTerminal('Ctrl-C does not either, and ends it by its signal', async () => {
  const { exitCode, revoked } = await answered('\u0003')
  expect({ exitCode, revoked }).toEqual({ exitCode: 128 + 2, revoked: false })
})
