import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Witness } from '../../../src/cli/audit/witness.ts'
import { openWitnessState } from '../../../src/cli/audit/witness-state.ts'
import { formatNoteKey, noteKey } from '../../../src/tlog/note-keys.ts'
import { formatAddCheckpoint } from '../../../src/tlog/witness-request.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { buildGo, missingForGo } from '../../support/tlog/go-programs.ts'
import { MadeLog, madeKey } from '../../support/tlog/made-log.ts'

/** Another implementation, github.com/transparency-dev/formats as Debian has it, verifies what our witness cosigned. */

const missing = missingForGo()
if (missing.length > 0) process.stderr.write(`skipped: not installed: ${missing.join(', ')}\n`)
const here = missing.length === 0 ? describe : describe.skip
const TIME = 1_796_274_000_000
const NAME = 'witness.example.org/w1'

here('a cosignature of our witness', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  let program = ''
  let cosigned = ''
  let key = ''

  beforeAll(async () => {
    program = await buildGo(join(import.meta.dirname, 'verify-cosignature.go'), folder.path)
    const log = new MadeLog('directory.example.org/record')
    await log.growTo(3)
    using state = await openWitnessState({ folder: join(folder.path, 'witness'), name: NAME, now: () => TIME })
    const witness = await Witness.open({ state, logKeys: [log.key.key] })
    const checkpoint = await log.checkpoint()
    const request = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint })
    cosigned = checkpoint + (await witness.addCheckpoint(Buffer.from(request))).body
    // It takes the key as one that signs notes, and makes that of a witness of it.
    key = formatNoteKey(noteKey('note', NAME, state.key.publicKey))
  }, 240_000)

  async function verify(note: string, by = key): Promise<string> {
    const file = join(folder.path, 'note')
    writeFileSync(file, note)
    return (await promisify(execFile)(program, [file, by])).stdout.trim()
  }

  test('verifies, with its time', async () => {
    expect(await verify(cosigned)).toBe(String(TIME / 1000))
  })

  test('does not verify for another checkpoint or by another key', async () => {
    await expect(verify(cosigned.replace('\n3\n', '\n4\n'))).rejects.toThrow(/invalid signature/)
    await expect(verify(cosigned, formatNoteKey(madeKey(NAME).key))).rejects.toThrow(/no verifiable signatures/)
  })
})
