import type { RulesTest } from '../../../protocol/nouns/directory/rules.ts'
import { counted } from '../../data/words.ts'
import { decidedBy, RulesEffect } from './rules-effect.tsx'
import type { TextNoun } from './text-noun.ts'
import { TextPage } from './text-page.tsx'

const RULES: TextNoun<RulesTest> = {
  name: 'rules',
  title: 'Rules',
  called: 'the rules',
  language: 'YAML',
  about: 'What decides about unregistered agents before a person does.',
  first: 'no rules',
  looksBack: false,
  usualHours: 0,
  effectOf: (test) => counted(decidedBy(test), 'agent is decided about', 'agents are decided about'),
  objectionOf: ({ tooBroad }) => tooBroad,
  effect: RulesEffect,
}

/** The rules: what is in use, what others would decide, and their versions. */
export function Rules() {
  return <TextPage noun={RULES} />
}
