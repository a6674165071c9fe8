import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The inputs kept from earlier runs: `corpus/<target>/<hash>`, bytes as they are. */

const CORPUS = join(import.meta.dirname, 'corpus')
export const FAILURES = join(import.meta.dirname, 'failures')

/** The targets that have one. */
export function corpora(): readonly string[] {
  return readdirSync(CORPUS).toSorted()
}

export function readCorpus(target: string): readonly Uint8Array[] {
  const folder = join(CORPUS, target)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .toSorted()
    .map((name) => new Uint8Array(readFileSync(join(folder, name))))
}

/** Takes the place of what was there. */
export function writeCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const folder = join(CORPUS, target)
  rmSync(folder, { recursive: true, force: true })
  if (inputs.length === 0) return
  mkdirSync(folder, { recursive: true })
  for (const input of inputs) writeFileSync(join(folder, nameOf(input)), input)
}

/** @returns the file. */
export function writeFailure(target: string, input: Uint8Array): string {
  mkdirSync(FAILURES, { recursive: true })
  const path = join(FAILURES, `${target}-${nameOf(input)}`)
  writeFileSync(path, input)
  return path
}

function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 12)
}
