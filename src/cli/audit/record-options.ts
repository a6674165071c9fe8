import { type Command, InvalidArgumentError, Option } from 'commander'
import type { RecordTrust } from '../../archive/record/trust.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { type NoteKey, parseNoteKey, type SignatureType } from '../../tlog/note-keys.ts'

/** The options that say whom a verifier of the record believes. */

export interface TrustOptions {
  readonly key?: readonly NoteKey[]
  readonly witness?: readonly NoteKey[]
  readonly quorum?: number
}

export function addTrustOptions(command: Command): Command {
  return command
    .addOption(keyOption('--key <key>', 'public key of the log; may be repeated', 'note'))
    .addOption(keyOption('--witness <key>', 'public key of a witness; may be repeated', 'cosignature'))
    .option('--quorum <number>', 'how many witnesses must have cosigned; default: all that are given', readCount)
}

/** @throws `USAGE_INVALID`. */
export function trustOf({ key: logKeys = [], witness: witnessKeys = [], quorum }: TrustOptions): RecordTrust {
  const [first] = logKeys
  if (first === undefined) {
    throw new SuretyError('USAGE_INVALID', 'the record is verified with the public key of its log: give --key KEY')
  }
  const other = logKeys.find(({ name }) => name !== first.name)
  if (other !== undefined) {
    throw new SuretyError('USAGE_INVALID', `keys of two logs, ${first.name} and ${other.name}: give those of one`)
  }
  if (quorum !== undefined && quorum > witnessKeys.length) {
    throw new SuretyError('USAGE_INVALID', `--quorum ${quorum} needs as many keys of witnesses: give --witness KEY`)
  }
  return { logKeys, witnessKeys, quorum: quorum ?? witnessKeys.length }
}

export function keyOption(flags: string, about: string, type: SignatureType): Option {
  return new Option(flags, about).argParser<readonly NoteKey[]>((text, before = []) => {
    const key = readKey(text)
    if (key.type === type) return [...before, key]
    const kind = type === 'note' ? 'a log' : 'a witness'
    throw new InvalidArgumentError(`the key of ${key.name} is not of ${kind}`)
  })
}

function readKey(text: string): NoteKey {
  try {
    return parseNoteKey(text)
  } catch (cause) {
    throw new InvalidArgumentError(describeError(cause))
  }
}

function readCount(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('a number from 0 to 999')
  return Number(text)
}
