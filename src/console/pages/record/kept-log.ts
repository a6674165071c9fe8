import { asObject } from '../../../base/json-object.ts'
import { type NoteKey, parseNoteKey } from '../../../tlog/note-keys.ts'
import { keepSetting, keptSetting } from '../../data/kept.ts'
import type { KeptCheckpoint } from './verify-log.ts'

/** What this browser keeps of the log: a checkpoint that it verified, and the keys of witnesses that a person gave. */

const CHECKPOINT = 'surety-log'
const WITNESSES = 'surety-witnesses'

export function keptCheckpoint(): KeptCheckpoint | undefined {
  try {
    const { key, note } = asObject(JSON.parse(keptSetting(CHECKPOINT) ?? 'null'))
    return typeof key === 'string' && typeof note === 'string' ? { key, note } : undefined
  } catch {
    return undefined
  }
}

/** @param checkpoint undefined: the next one is taken as the first. */
export function keepCheckpoint(checkpoint: KeptCheckpoint | undefined): void {
  keepSetting(CHECKPOINT, checkpoint === undefined ? undefined : JSON.stringify(checkpoint))
}

export function keptWitnesses(): readonly NoteKey[] {
  return (keptSetting(WITNESSES) ?? '').split('\n').flatMap((line) => {
    try {
      return [parseNoteKey(line)]
    } catch {
      return []
    }
  })
}

/** @throws `INPUT_MALFORMED` unless each line is the public key of a witness. */
export function keepWitnesses(text: string): void {
  const lines = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  for (const line of lines) parseNoteKey(line)
  keepSetting(WITNESSES, lines.length === 0 ? undefined : lines.join('\n'))
}
