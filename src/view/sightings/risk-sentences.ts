import type { Risk } from '../../protocol/risks.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import type { Language } from '../checks/check-catalogue.ts'
import { hanging, type Terminal, wrapped } from '../terminal.ts'
import { RISK_TEXTS, type RiskFacts } from './risk-texts.ts'
import { isOff, risksIn } from './risks.ts'
import { inOrder, titleOf } from './sighting-rows.ts'

/** Each risk of a sighting as a sentence with a way out. All text is foreign. */
export function riskSentences(sighting: Sighting, language: Language = 'en'): readonly string[] {
  const facts = factsOf(sighting)
  return risksIn(sighting).map((risk) => RISK_TEXTS[language][risk](facts))
}

/** What to do about a risk, whatever has it: what its sentence says after the colon. */
export function remedyOf(risk: Risk): string {
  const sentence = RISK_TEXTS.en[risk]({ name: 'it', place: 'the file' })
  return sentence.slice(sentence.indexOf(': ') + 2, -1)
}

function factsOf(sighting: Sighting): RiskFacts {
  const name = titleOf(sighting)
  switch (sighting.kind) {
    case 'mcp-server': {
      const [variable, ...others] = sighting.environment
      return { name, place: sighting.configuration, variable: others.length === 0 ? variable : undefined }
    }
    case 'agent-file':
      return { name, place: sighting.path }
    case 'agent':
    case 'extension':
    case 'model-runtime': {
      const { endOfLife, successor, path = '' } = sighting
      return { name, place: path, endOfLife, successor }
    }
    default:
      return sighting satisfies never
  }
}

const TITLES: Readonly<Record<Language, string>> = { en: 'Risks', de: 'Risiken' }
const MORE: Readonly<Record<Language, string>> = { en: 'and {} more', de: 'und {} weitere' }

export interface RiskLinesInit {
  readonly language?: Language
  /** The others are counted. */
  readonly most: number
}

/** A section with the risks of `sightings` that are not switched off, each sentence once. Empty if there are none. */
export function riskLines(sightings: readonly Sighting[], terminal: Terminal, init: RiskLinesInit): string[] {
  const { language = 'en', most } = init
  const on = inOrder(sightings.filter((sighting) => !isOff(sighting)))
  const sentences = [...new Set(on.flatMap((sighting) => riskSentences(sighting, language)))]
  if (sentences.length === 0) return []
  const left = sentences.length - most
  return [
    ...['', ...wrapped(terminal, `${TITLES[language]} (${sentences.length})`)],
    ...sentences.slice(0, most).flatMap((sentence) => hanging(terminal, '  - ', 4, sentence)),
    ...(left > 0 ? [`  ${MORE[language].replace('{}', `${left}`)}`] : []),
  ]
}
