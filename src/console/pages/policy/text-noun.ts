import type { ComponentType } from 'react'
import {
  TEXT_MEMBERS,
  type TextMember,
  type TextNoun as TextName,
  type Version,
} from '../../../protocol/noun/versioned-text.ts'
import { ask } from '../../data/api.ts'

/** A text with versions, which decides about the fleet: the policy, the rules, the access policy, the policy of the gate. */

export type { TextName }

/** One version, as the API answers it. The text is in the member of its name. */
export type TextView = Version & {
  readonly [M in TextMember]?: string
} & { readonly refused?: string }

export interface TextNoun<T> {
  /** Of the path in the API. */
  readonly name: TextName
  readonly title: string
  /** In a sentence: `the access policy`. */
  readonly called: string
  readonly language: 'YAML' | 'Cedar'
  /** What it is for, in one sentence. */
  readonly about: string
  /** What version 0 is. */
  readonly first: string
  /** A test can also follow the last days. */
  readonly looksBack: boolean
  /** How far it follows unless a person says otherwise. */
  readonly usualHours: number
  /** `12 verdicts change`. */
  effectOf(test: T): string
  /** Why the directory would refuse what was tested. */
  objectionOf(test: T): string | undefined
  readonly effect: ComponentType<EffectProps<T>>
}

export interface EffectProps<T> {
  readonly test: T
  /** Goes to a line of the editor. Absent: another text is in the editor. */
  readonly onLine?: ((line: number) => void) | undefined
}

/** The text of a version. */
export function textOf(name: TextName, view: TextView): string {
  return view[TEXT_MEMBERS[name]] ?? ''
}

/** @param againstMs how far back, in milliseconds. 0: only now. @throws `ApiError`, with the line if the text is not sound. */
export function tryText<T>({ name }: Pick<TextNoun<T>, 'name'>, text: string, againstMs = 0): Promise<T> {
  return ask<T>('POST', `/${name}/test`, {
    body: { [TEXT_MEMBERS[name]]: text, ...(againstMs === 0 ? {} : { againstMs }) },
  })
}

/** What is wrong at a line. */
export interface Fault {
  /** From 1 on. */
  readonly line: number
  readonly message: string
}

/** What begins with `line 3: `, as the directory writes where something is. */
export function faultIn(message: string): Fault | undefined {
  const [, line, rest] = /^line (\d+): (.+)$/s.exec(message) ?? []
  return line === undefined || rest === undefined ? undefined : { line: Number(line), message: rest }
}
