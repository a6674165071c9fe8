import type { PolicyTest } from '../../../protocol/nouns/directory/policy.ts'
import { counted } from '../../data/words.ts'
import { PolicyEffect } from './policy-effect.tsx'
import type { TextNoun } from './text-noun.ts'
import { TextPage } from './text-page.tsx'

const POLICY: TextNoun<PolicyTest> = {
  name: 'policy',
  title: 'Policy',
  called: 'the policy',
  language: 'YAML',
  about: 'What a device must be to count as compliant.',
  first: 'the default of this release',
  looksBack: true,
  usualHours: 0,
  effectOf: ({ changed }) => counted(changed, 'verdict changes', 'verdicts change'),
  objectionOf: ({ failsEveryDevice }) => failsEveryDevice,
  effect: PolicyEffect,
}

/** The policy: what is in use, what another one would change, and its versions. */
export function Policy() {
  return <TextPage noun={POLICY} />
}
