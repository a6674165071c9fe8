import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serveForAll } from '../support/directory/directory-process.ts'

/** Why there is a client in Python: README.md. */

const PYTHON = '/usr/bin/python3'
// Deterministic signatures came with cryptography 43 and OpenSSL 3.2: Debian 13 has them.
const NEEDS = `
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
ec.ECDSA(hashes.SHA256(), deterministic_signing=True)`

function whatIsMissing(): string | undefined {
  if (!existsSync(PYTHON)) return 'not installed: python3 (apt install python3-cryptography)'
  try {
    execFileSync(PYTHON, ['-c', NEEDS], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'not installed: python3-cryptography 43 or newer (apt install python3-cryptography)'
  }
}

const missing = whatIsMissing()
if (missing !== undefined) process.stderr.write(`skipped: a second implementation: ${missing}\n`)
const here = missing === undefined ? describe : describe.skip

interface Check {
  readonly name: string
  readonly came: string
  readonly expected: string
}

here('a client in Python, written from docs/protocol.md', () => {
  const directory = serveForAll()
  let checks: readonly Check[] = []

  beforeAll(async () => {
    const main = join(import.meta.dirname, 'main.py')
    const profile = join(directory.path, 'administrator.json')
    // -B: it leaves no compiled code beside its sources.
    const { stdout } = await promisify(execFile)(PYTHON, ['-B', main, profile], { env: { PATH: process.env.PATH } })
    checks = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  })

  test.each([
    ['test/vectors', 4],
    ['first day', 22],
    ['special cases', 7],
    ['transport', 6],
    ['hellos', 18],
    ['attestations', 45],
    ['evidence', 30],
    ['canonical', 80],
    ['administrators', 3],
  ])('%s: what comes is what the document says, in at least %i checks', (group, least) => {
    const own = checks.filter(({ name }) => name.startsWith(group))
    expect(own.filter(({ came, expected }) => came !== expected)).toEqual([])
    expect(own.length).toBeGreaterThanOrEqual(least)
  })
})
