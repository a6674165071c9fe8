import { execFile } from 'node:child_process'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toBase64 } from '../../../src/tlog/lines.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { consistencyProof, inclusionProof } from '../../../src/tlog/proofs.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { buildGo, missingForGo } from '../../support/tlog/go-programs.ts'
import { writeLogFolder } from '../../support/tlog/log-folder.ts'
import { MadeLog, madeKey } from '../../support/tlog/made-log.ts'

/** Another implementation, golang.org/x/mod as Debian has it, verifies what ours wrote. */

const missing = missingForGo()
if (missing.length > 0) process.stderr.write(`skipped: not installed: ${missing.join(', ')}\n`)
const here = missing.length === 0 ? describe : describe.skip

const run = promisify(execFile)

here('a verifier in Go, on golang.org/x/mod', () => {
  const folder = temporaryFolder()
  const log = new MadeLog('directory.example.org/record')
  let program = ''
  const good = () => join(folder.path, 'log')

  beforeAll(async () => {
    program = await buildGo(join(import.meta.dirname, 'verify-log.go'), folder.path)
    // More than one full tile of level 1: 70,000 entries have a partial tile on each of three levels.
    for (let size = 1000; size <= 70_000; size += 23_000) await log.growTo(size)
    await log.growTo(70_000)
    await writeLogFolder(log, good())
  }, 240_000)

  afterAll(() => folder[Symbol.dispose]())

  async function verify(path = good(), key = log.key.key): Promise<string[]> {
    const { stdout } = await run(program, [path, formatNoteKey(key)], { maxBuffer: 2 ** 24 })
    return stdout.trim().split('\n')
  }

  test('verifies checkpoint, tiles and every entry, and makes the same proofs', async () => {
    const lines = await verify()
    expect(lines.pop()).toMatch(/^verified 70000 entries and \d+ proofs$/)
    expect(lines.length).toBeGreaterThan(60)
    for (const line of lines) {
      const [kind, number = '', ...hashes] = line.split(' ')
      const make = kind === 'proof' ? inclusionProof : consistencyProof
      expect([line, (await make(Number(number), log.size, log.subtrees())).map(toBase64)]).toEqual([line, hashes])
    }
  })

  test.each([
    ['a byte of an entry', 'tile/entries/123', /entry 31\d\d\d differs/],
    ['a hash of level 0', 'tile/0/200', /entry 51231 differs|inconsistent tile/],
    ['a hash of level 1', 'tile/1/000', /invalid transparency proof|inconsistent tile/],
    ['the root', 'checkpoint', /unverifiable|invalid signature/],
  ])('refuses the log when %s was changed', async (_, path, message) => {
    const spoilt = join(folder.path, 'spoilt')
    await cp(good(), spoilt, { recursive: true })
    const bytes = await readFile(join(spoilt, path))
    const at = path === 'checkpoint' ? bytes.indexOf('\n70000\n') + 8 : 1000
    bytes[at] = bytes[at] === 66 ? 67 : 66
    await writeFile(join(spoilt, path), bytes)
    await expect(verify(spoilt)).rejects.toThrow(message)
    await rm(spoilt, { recursive: true })
  })

  test('refuses the log by another key of the same name', async () => {
    await expect(verify(good(), madeKey(log.origin).key)).rejects.toThrow(/no verifiable signatures/)
  })
})
