import { foldName } from '../../base/text/fold-name.ts'
import type { RulesTest, RulesView } from '../../protocol/nouns/directory/rules.ts'
import { type Rule, ruleFor } from '../rule-set/rule-set.ts'
import { type ReadRules, RULES_SCHEMA, readRulesFile } from '../rule-set/rules-file.ts'
import type { ZombieRules } from '../rule-set/zombie-rules.ts'
import type { VersionStore } from '../versions/version-store.ts'
import { StoredText, type StoredTextComponents, type VersionedText } from '../versions/versioned-text.ts'
import { type RulesTrialComponents, tryRules } from './trial.ts'

export interface RulesComponents extends Omit<StoredTextComponents, 'versions'> {
  readonly store: StoredTextComponents['store'] & RulesTrialComponents['store'] & { readonly ruleSets: VersionStore }
}

/** The rules in use and their history. */
export interface Rules extends VersionedText<RulesView, RulesTest> {
  /** The first rule in use that fits. */
  ruleFor(subject: Parameters<typeof ruleFor>[1]): Rule | undefined
  /** What becomes of registrations that nobody needs, answers for or looks after. */
  readonly zombies: ZombieRules
}

const NO_RULES_TEXT = `schema: ${RULES_SCHEMA}\nrules: []\n`

export async function rules(components: RulesComponents): Promise<Rules> {
  const stored = new StoredRules(components)
  await stored.load()
  return stored
}

class StoredRules extends StoredText<'rules', ReadRules, RulesTest> implements Rules {
  constructor(components: RulesComponents) {
    super(
      { ...components, versions: components.store.ruleSets },
      {
        noun: 'rules',
        topic: 'rules',
        initial: { text: NO_RULES_TEXT, document: read(NO_RULES_TEXT) },
        read,
        test: (proposed) => tryRules(components, proposed),
        objectionOf: ({ tooBroad }) => tooBroad,
        unlessForced: 'The rules in use stay. To set these nevertheless',
      },
    )
  }

  ruleFor(subject: Parameters<typeof ruleFor>[1]): Rule | undefined {
    return ruleFor(this.document.rules, subject)
  }

  get zombies(): ZombieRules {
    return this.document.zombies
  }
}

function read(text: string): ReadRules {
  return readRulesFile(text, foldName)
}
