import {
  base64UrlOf,
  closed,
  counter,
  legibleReason,
  type Static,
  type TSchema,
  Type,
  text,
} from '../../base/schema.ts'
import { timeSchema } from '../ids.ts'
import { apiAnswer, pageOf } from './answers.ts'

/** A file with versions in the administrators' API: the policy, the rules, the access policy, the policy of the gate. */

/** By noun, which is the command and the path: the member of requests and answers with the text. */
export const TEXT_MEMBERS = { policy: 'policy', rules: 'rules', access: 'access', 'gate-policy': 'gatePolicy' } as const
export type TextNoun = keyof typeof TEXT_MEMBERS
export type TextMember<N extends TextNoun = TextNoun> = (typeof TEXT_MEMBERS)[N]

/** The reader of the file bounds its bytes. */
const textSchema = text(256 * 1024)
export const versionSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const setMembers = {
  /** Set it although its test advises against it. */
  force: Type.Optional(Type.Boolean()),
  /** Kept with the version. */
  reason: Type.Optional(legibleReason()),
  /** The version in use that was looked at: refused with `VERSION_STALE` if another one is in use. */
  replaces: Type.Optional(versionSchema),
}

const versionMembers = {
  /** 0: what this release begins with. */
  version: counter(),
  /** SHA-256 of the text. */
  hash: base64UrlOf(32),
  setAt: Type.Optional(timeSchema),
  setBy: Type.Optional(text(256)),
  setByName: Type.Optional(text(256)),
  /** It was set although its test advised against it. */
  forced: Type.Optional(Type.Boolean()),
  /** The earlier version that it says again. */
  restores: Type.Optional(counter()),
  reason: Type.Optional(text(500)),
}

const listedVersionSchema = closed({ ...versionMembers, current: Type.Boolean() })
export type ListedVersion = Static<typeof listedVersionSchema>
export type Version = Omit<ListedVersion, 'current'>
export const versionHistorySchema = pageOf(listedVersionSchema)

export const rollbackRequestSchema = closed({ version: versionSchema, ...setMembers })

/**
 * @param init.test the answer to a test; `init.view` and `init.testRequest`: members beyond those of all such texts.
 */
export function versionedText<
  const N extends TextNoun,
  T extends TSchema,
  V extends Readonly<Record<string, TSchema>>,
  Q extends Readonly<Record<string, TSchema>>,
>(noun: N, init: { readonly test: T; readonly view: V; readonly testRequest: Q }) {
  // A computed member is of any name for the compiler.
  const member = { [TEXT_MEMBERS[noun]]: textSchema } as Readonly<Record<TextMember<N>, typeof textSchema>>
  const view = closed({
    ...versionMembers,
    ...member,
    /** Why a newer version is not in use: this release does not accept it. */
    refused: Type.Optional(text(512)),
    ...init.view,
  })
  return {
    noun,
    view,
    request: closed({ ...member, ...setMembers }),
    testRequest: closed({ ...member, ...init.testRequest }),
    test: init.test,
    viewReader: apiAnswer(view, noun),
    historyReader: apiAnswer(versionHistorySchema, `history of the ${noun}`),
  }
}
