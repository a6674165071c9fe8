import { existsSync } from 'node:fs'
import { openCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { noteKey } from '../../../src/tlog/note-keys.ts'
import { parseSignatures } from '../../../src/tlog/notes.ts'
import { consistencyProof } from '../../../src/tlog/proofs.ts'
import { formatAddCheckpoint } from '../../../src/tlog/witness-request.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { MadeLog, madeKey } from '../../support/tlog/made-log.ts'
import { SIGSUM_WITNESS, sigsumOrigin, startSigsumWitness, type Witness } from '../../support/tlog/sigsum-witness.ts'

/** A witness by other people cosigns our log while it grows, and refuses it when it does not. */

if (!existsSync(SIGSUM_WITNESS)) process.stderr.write('skipped: not installed: sigsum-go\n')
const here = existsSync(SIGSUM_WITNESS) ? describe : describe.skip

here('sigsum-witness', () => {
  const folder = temporaryFolder()
  const key = madeKey('log')
  const origin = sigsumOrigin(key.key.publicKey)
  const log = new MadeLog(origin, madeKey(origin, 'note', Date.now, key))
  let witness: Witness

  beforeAll(async () => {
    await log.growTo(300)
    witness = await startSigsumWitness(folder.path, log.key.key)
  })
  afterAll(async () => {
    await witness[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function ask(of: MadeLog, oldSize: number, size: number, change: object = {}) {
    const proof = oldSize > size ? [] : await consistencyProof(oldSize, size, of.subtrees())
    const request = { oldSize, proof, checkpoint: await of.checkpoint(size), ...change }
    const response = await fetch(`${witness.url}/add-checkpoint`, {
      method: 'POST',
      body: formatAddCheckpoint(request),
    })
    return { status: response.status, text: await response.text(), checkpoint: request.checkpoint }
  }

  test('cosigns a log that grows, by its clock, and refuses one that does not', async () => {
    const begun = Math.floor(Date.now() / 1000)
    for (const [oldSize, size] of [
      [0, 1],
      [1, 7],
      [7, 256],
      [256, 300],
      [300, 300],
    ] as const) {
      log.keepTilesOf(size)
      const { status, text, checkpoint } = await ask(log, oldSize, size)
      expect([size, status]).toEqual([size, 200])
      const witnessKeys = parseSignatures(text).map(({ name }) => noteKey('cosignature', name, witness.publicKey))
      const opened = await openCheckpoint(checkpoint + text, { origin, logKeys: [log.key.key], witnessKeys })
      expect(opened.cosignatures).toHaveLength(1)
      expect(opened.cosignatures[0]?.time).toBeGreaterThanOrEqual(begun)
    }
    // Back to less than it saw.
    expect(await ask(log, 300, 7)).toMatchObject({ status: 400 })
    // From a size that it no longer has.
    expect(await ask(log, 256, 300)).toMatchObject({ status: 409, text: '300\n' })
    // Another tree of the same size, and one that grew from it, signed by the very key.
    const split = new MadeLog(origin, log.key)
    await split.growTo(300, ' changed')
    expect(await ask(split, 300, 300)).toMatchObject({ status: 422 })
    await split.growTo(301)
    expect(await ask(split, 300, 301)).toMatchObject({ status: 422 })
    // And the log itself is cosigned as before.
    await log.growTo(301)
    expect(await ask(log, 300, 301)).toMatchObject({ status: 200 })
  })

  test('refuses a key that it does not know', async () => {
    const stranger = new MadeLog(origin, madeKey(origin))
    await stranger.growTo(1)
    expect(await ask(stranger, 0, 1)).toMatchObject({ status: 403 })
  })
})
