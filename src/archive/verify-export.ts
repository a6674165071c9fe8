import type { KeyObject } from 'node:crypto'
import { fromBase64Url, toBase64Url } from '../base/bytes.ts'
import { describeError, SuretyError } from '../base/errors.ts'
import { counter, reader, Type } from '../base/schema.ts'
import { readDelegations } from '../crypto/delegation.ts'
import { hashOfText, sha256 } from '../crypto/hash.ts'
import { importP256, splitJws, verifyJws } from '../crypto/jws.ts'
import { frameJson, LIMITS } from '../protocol/limits.ts'
import { EVIDENCE_PROFILE, evidenceSchema } from '../protocol/messages/evidence.ts'
import { jwsKindOf } from '../protocol/messages/jws-types.ts'
import { type ExportedEpoch, type ExportManifest, exportManifestReader } from '../protocol/nouns/devices/evidence.ts'
import { type ArchivedBatch, walkChain } from './evidence-chain.ts'
import { type ExportLine, readExportLines } from './export-lines.ts'
import type { EpochReport, ExportProblem, ExportReport } from './export-report.ts'

/** Only what the chain needs: findings and sightings of a later version do not make a signature invalid. */
const placeReader = reader(
  Type.Object(
    {
      eat_profile: Type.Literal(EVIDENCE_PROFILE),
      sub: evidenceSchema.properties.sub,
      iat: counter(),
      epoch: counter(),
      sequence: evidenceSchema.properties.sequence,
      previous: evidenceSchema.properties.previous,
      gap: evidenceSchema.properties.gap,
    },
    { additionalProperties: Type.Unknown() },
  ),
  { name: 'evidence', code: 'FRAME_MALFORMED', limits: frameJson(LIMITS.frameBytes) },
)

/** A damaged file may have a fault in each line. */
const MAX_PROBLEMS = 100

export interface VerifyOptions {
  /** SHA-256 of the root key that the auditor expects, base64url. */
  readonly root?: string | undefined
}

/**
 * Verifies an evidence export: signatures, chains, gaps, epochs, counts. Every fault is in the report, the first hundred with
 * their words.
 */
export async function verifyExport(
  chunks: AsyncIterable<Uint8Array>,
  { root }: VerifyOptions = {},
): Promise<ExportReport> {
  const problems = problemList()
  const lines = readExportLines(chunks)
  const first = await lines.next()
  const opened = first.done === true ? undefined : problems.of(first.value, () => openManifest(first.value))
  if (opened === undefined) {
    if (first.done === true) problems.add({ message: 'the file is empty' })
    problems.add({ message: 'without the manifest, which is the first line, nothing can be verified' })
    return { ...problems.all(), epochs: [] }
  }
  const { manifest, rootKey } = opened
  const delegations: string[] = []
  const epochs = new Map(manifest.epochs.map((epoch) => [epoch.epoch, openEpoch(epoch, problems)]))
  if (epochs.size < manifest.epochs.length) problems.add({ line: 1, message: 'the manifest names an epoch twice' })
  for await (const line of lines) {
    problems.of(line, () => {
      const text = textOf(line)
      if (jwsKindOf(text) === 'delegation') {
        readDelegations([text], { rootKey, purpose: 'acknowledgements', now: manifest.time })
        delegations.push(text)
      } else {
        addBatch(epochs, { text, line: line.number, device: manifest.device })
      }
    })
  }
  problems.of({ number: 1, text: '', ended: true }, () => verifyManifest(opened, delegations))
  const rootPin = toBase64Url(sha256(fromBase64Url(manifest.root) ?? new Uint8Array()))
  if (root !== undefined && root !== rootPin) {
    problems.add({ message: `the root key is ${rootPin}, not ${root}: another directory made this file` })
  }
  const reports = [...epochs.values()].map((epoch) => reportOf(epoch, problems))
  const { device, time, forked } = manifest
  return {
    ...problems.all(),
    device,
    exportedAt: time,
    forked,
    epochs: reports,
    root: { pin: rootPin, compared: root !== undefined },
  }
}

interface OpenedManifest {
  readonly jws: ReturnType<typeof splitJws>
  /** Not verified before all delegations are read. */
  readonly manifest: ExportManifest
  readonly rootKey: KeyObject
}

function openManifest(line: ExportLine): OpenedManifest {
  const text = textOf(line)
  if (jwsKindOf(text) !== 'evidence-export') {
    throw new SuretyError('FRAME_MALFORMED', 'not the manifest of an evidence export')
  }
  const jws = splitJws('evidence-export', text)
  const manifest = exportManifestReader.readCanonicalJson(jws.payload)
  return { jws, manifest, rootKey: keyOf(manifest.root) }
}

function verifyManifest({ jws, manifest, rootKey }: OpenedManifest, delegations: readonly string[]): void {
  const signers = readDelegations(delegations, { rootKey, purpose: 'acknowledgements', now: manifest.time })
  if (signers.length === 0) {
    throw new SuretyError('DELEGATION_REFUSED', 'no delegation for the key that signs manifests was valid at its time')
  }
  const signed = signers.some(({ key }) => {
    try {
      verifyJws(jws, key)
      return true
    } catch {
      return false
    }
  })
  if (!signed) throw new SuretyError('SIGNATURE_INVALID', 'the signature of the manifest does not verify')
}

interface OpenEpoch {
  readonly said: ExportedEpoch
  /** Undefined for a malformed key. */
  readonly key: KeyObject | undefined
  readonly batches: ArchivedBatch[]
}

function openEpoch(said: ExportedEpoch, problems: ProblemList): OpenEpoch {
  const manifestLine = { number: 1, text: '', ended: true }
  return { said, key: problems.of(manifestLine, () => keyOf(said.key)), batches: [] }
}

/** @throws when it does not verify. */
function addBatch(
  epochs: ReadonlyMap<number, OpenEpoch>,
  { text, line, device }: { readonly text: string; readonly line: number; readonly device: string },
): void {
  const jws = splitJws('evidence', text)
  const { sub, iat, epoch: number, sequence, previous, gap } = placeReader.readCanonicalJson(jws.payload)
  const epoch = epochs.get(number)
  if (epoch?.key === undefined) throw new SuretyError('EPOCH_MISMATCH', `the manifest has no key of epoch ${number}`)
  verifyJws(jws, epoch.key)
  if (sub !== device) throw new SuretyError('DEVICE_UNKNOWN', `a batch of another device, ${sub}`)
  // A hostile file must not fill the memory.
  if (epoch.batches.length >= epoch.said.batches) {
    throw new SuretyError('EVIDENCE_OUT_OF_ORDER', `more batches of epoch ${number} than the manifest counts`)
  }
  epoch.batches.push({ line, sequence, previous, hash: hashOfText(text), gap, iat })
}

function reportOf({ said, batches }: OpenEpoch, problems: ProblemList): EpochReport {
  const sorted = batches.toSorted((a, b) => a.sequence - b.sequence)
  const chain = walkChain(sorted)
  const where = `epoch ${said.epoch}: `
  for (const { message, ...line } of chain.problems) problems.add({ ...line, message: where + message })
  if (batches.length !== said.batches) {
    problems.add({ message: `${where}${batches.length} batches verify, and the manifest counts ${said.batches}` })
  }
  const last = sorted.at(-1)?.sequence ?? 0
  if (last !== said.lastSequence) {
    problems.add({ message: `${where}the last batch is ${last}, and the manifest says ${said.lastSequence}` })
  }
  const { chained, unplaced, gaps, problems: faults } = chain
  let [from, to] = [Number.POSITIVE_INFINITY, 0]
  for (const { iat } of batches) [from, to] = [Math.min(from, iat), Math.max(to, iat)]
  return {
    epoch: said.epoch,
    batches: batches.length,
    lastSequence: last,
    unbroken: faults.length === 0,
    chained,
    unplaced,
    gaps,
    ...(batches.length === 0 ? {} : { deviceClock: { from, to } }),
  }
}

/** @throws `FRAME_MALFORMED`. */
function textOf({ text, ended }: ExportLine): string {
  if (text === undefined) throw new SuretyError('FRAME_MALFORMED', 'the line is too long')
  if (!ended) throw new SuretyError('FRAME_MALFORMED', 'the file ends in the middle of a line')
  return text
}

function keyOf(spki: string): KeyObject {
  return importP256(fromBase64Url(spki) ?? new Uint8Array())
}

interface ProblemList {
  add(problem: ExportProblem): void
  /** What `work` returns. A failure becomes a problem of the line. */
  of<T>(line: ExportLine, work: () => T): T | undefined
  all(): Pick<ExportReport, 'ok' | 'problems' | 'problemCount'>
}

function problemList(): ProblemList {
  const problems: ExportProblem[] = []
  let count = 0
  const add = (problem: ExportProblem) => {
    if (++count <= MAX_PROBLEMS) problems.push(problem)
  }
  return {
    add,
    of(line, work) {
      try {
        return work()
      } catch (error) {
        add({ line: line.number, message: describeError(error) })
        return undefined
      }
    },
    all: () => ({ ok: count === 0, problems, problemCount: count }),
  }
}
