import type { ErrorCode } from '../../../src/base/errors.ts'
import { decodeBundle, encodeBundle } from '../../../src/tlog/bundles.ts'
import { checkpointText, parseCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { formatNoteKey, parseNoteKey } from '../../../src/tlog/note-keys.ts'
import { parseNote, signatureLine } from '../../../src/tlog/notes.ts'
import { formatExportHeader, formatProof, parseExportHeader, parseProof } from '../../../src/tlog/proof-files.ts'
import { entriesPath, parseTilePath, tilePath } from '../../../src/tlog/tile-paths.ts'
import { EMPTY_ROOT } from '../../../src/tlog/tree-hash.ts'
import { formatAddCheckpoint, parseAddCheckpoint } from '../../../src/tlog/witness-request.ts'
import { madeKey } from '../../support/tlog/made-log.ts'
import { promise, refusing, type Target, textOf } from '../target.ts'

/** What logs, witnesses and strangers send about the record. What is read is written again as it was. */

const CODES: readonly ErrorCode[] = ['INPUT_MALFORMED', 'INPUT_TOO_LARGE', 'INPUT_TOO_DEEP']
const HASH = 'A'.repeat(43)
const LINE = `— log.example.org ${'A'.repeat(90)}A=\n`
const CHECKPOINT = `log.example.org\n5\n${HASH}=\n\n${LINE}`
const PROOF = { index: 2, proof: [EMPTY_ROOT, EMPTY_ROOT], checkpoint: CHECKPOINT }

const texts: Target = {
  name: 'record-texts',
  kind: 'text',
  seeds: () => [
    CHECKPOINT,
    formatProof({ ...PROOF, extra: new Uint8Array(9) }),
    formatAddCheckpoint({ oldSize: 3, ...PROOF }),
    formatNoteKey(madeKey('log.example.org').key),
    'tile/0/x001/x234/067.p/8',
    'tile/entries/000',
  ],
  words: ['extra ', 'index ', 'old ', '\n\n', '9007199254740992', '+', '.p/256', '\u00a0'],
  async run(input) {
    const text = textOf(input)
    const note = await refusing(CODES, async () => parseNote(text))
    if (note !== undefined) {
      const again = `${note.text}\n${note.signatures.map(signatureLine).join('')}`
      promise(again === text, 'a note reads in one way')
      const checkpoint = await refusing(CODES, async () => parseCheckpoint(note.text))
      const written = checkpoint && (await refusing(CODES, async () => checkpointText(checkpoint)))
      promise(written === undefined || note.text.startsWith(written), 'a checkpoint reads in one way')
    }
    const proof = await refusing(CODES, async () => parseProof(text))
    promise(proof === undefined || formatProof(proof) === text, 'a proof reads in one way')
    const request = await refusing(CODES, async () => parseAddCheckpoint(text))
    promise(request === undefined || formatAddCheckpoint(request) === text, 'a request reads in one way')
    const key = await refusing(CODES, async () => parseNoteKey(text))
    promise(key === undefined || formatNoteKey(key).toLowerCase() === text.toLowerCase(), 'a key reads in one way')
    const path = parseTilePath(text)
    if (path === undefined) return
    const { level, index, width } = path
    promise((level === 'entries' ? entriesPath(index, width) : tilePath(level, index, width)) === text, 'a path too')
  },
}

const bundles: Target = {
  name: 'record-bundles',
  kind: 'bytes',
  seeds: () => [encodeBundle([]), encodeBundle([new Uint8Array(3), new Uint8Array(300)])],
  async run(input) {
    const entries = await refusing(CODES, async () => decodeBundle(input))
    if (entries !== undefined) promise(Buffer.from(input).equals(encodeBundle(entries)), 'a bundle reads in one way')
  },
}

const headers: Target = {
  name: 'record-exports',
  kind: 'json',
  seeds: () => [formatExportHeader({ from: 1, to: 4, ...PROOF })],
  async run(input) {
    const header = await refusing(CODES, async () => parseExportHeader(textOf(input)))
    if (header !== undefined) parseExportHeader(formatExportHeader(header))
  },
}

export const recordTargets: readonly Target[] = [texts, bundles, headers]
