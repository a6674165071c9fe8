import type { Risk } from '../../../src/protocol/risks.ts'
import { RISK_WORDS } from '../../../src/protocol/risks.ts'
import { LANGUAGES } from '../../../src/view/checks/check-catalogue.ts'
import { riskLines, riskSentences } from '../../../src/view/sightings/risk-sentences.ts'
import { RISK_TEXTS } from '../../../src/view/sightings/risk-texts.ts'
import { risksIn } from '../../../src/view/sightings/risks.ts'
import { RISKY_SIGHTINGS } from '../../support/protocol/risky-sightings.ts'
import { extensionSighting, mcpServerSighting } from '../../support/protocol/sample-sightings.ts'

const PLAIN = { columns: undefined, colour: false }

test.each(RISKY_SIGHTINGS)('%#: finds the risks of a sighting', (sighting, risks) => {
  expect(risksIn(sighting)).toEqual(risks)
})

test('each risk is found in one of these', () => {
  const found = new Set(RISKY_SIGHTINGS.flatMap(([sighting]) => risksIn(sighting)))
  expect(Object.keys(RISK_WORDS).filter((risk) => !found.has(risk as Risk))).toEqual([])
})

describe.each(LANGUAGES)('in %s', (language) => {
  test.each(RISKY_SIGHTINGS.filter(([, risks]) => risks.length > 0))(
    '%#: a sentence says what it is and what to do',
    (sighting) => {
      for (const sentence of riskSentences(sighting, language)) {
        expect(sentence).toMatch(/^\S.*[^:]: \S.*\.$/)
        expect(sentence).not.toMatch(/undefined|\$\{| {2}/)
        const isNamed = [sighting.name, 'path' in sighting ? sighting.path : ''].some(
          (name) => name !== undefined && name !== '' && sentence.includes(name),
        )
        expect(isNamed).toBe(true)
        expect(sentence.split(' ').length).toBeLessThan(50)
      }
    },
  )
})

test('no text is the same in two languages', () => {
  const facts = { name: 'N', place: 'P', variable: 'V', endOfLife: 'E', successor: 'S' }
  const same = Object.entries(RISK_TEXTS.en).filter(
    ([risk, text]) => text(facts) === RISK_TEXTS.de[risk as Risk](facts),
  )
  expect(same.map(([risk]) => risk)).toEqual([])
})

test('names the variable of a secret only if there is one', () => {
  const secretOf = (environment: string[]) =>
    riskSentences(mcpServerSighting('1', { plaintextSecret: true, environment }))
  expect(secretOf(['GITHUB_TOKEN'])[0]).toMatch(/^The value of GITHUB_TOKEN of files is in clear text/)
  for (const environment of [[], ['A', 'B']]) expect(secretOf(environment)[0]).toMatch(/^A token or password of files/)
})

describe('a section of risks', () => {
  const pinned = mcpServerSighting('1', { unpinned: true })

  test('leaves out what is off, and says each sentence once', () => {
    const items = [
      pinned,
      { ...pinned, id: '2'.repeat(32) },
      mcpServerSighting('3', { cleartext: true, enabled: false }),
    ]
    expect(riskLines(items, PLAIN, { most: 9 })).toEqual([
      '',
      'Risks (1)',
      '  - files runs the newest version of its package each time: write a version, such as NAME@1.2.3.',
    ])
  })

  test('is empty without risks', () => {
    expect(riskLines([mcpServerSighting('1')], PLAIN, { most: 9 })).toEqual([])
  })

  test('counts an extension that is on in one folder only', () => {
    const extension = extensionSighting('1', { enabled: false, broadHosts: true })
    expect(riskLines([extension], PLAIN, { most: 9 })).toEqual([])
    expect(riskLines([{ ...extension, enabledIn: ['/srv/app'] }], PLAIN, { most: 9 })).toHaveLength(3)
  })

  test('is bounded, and counts the others', () => {
    const servers = ['a', 'b', 'c'].map((name, at) => mcpServerSighting(`${at}`, { name, unpinned: true }))
    const lines = riskLines(servers, PLAIN, { most: 2, language: 'de' })
    expect([lines[1], lines.length, lines.at(-1)]).toEqual(['Risiken (3)', 5, '  und 1 weitere'])
  })

  test('shows names of others without their control characters', () => {
    const server = mcpServerSighting('1', { name: 'a\u001b[2J\nb', unpinned: true })
    const [, , sentence = ''] = riskLines([server], PLAIN, { most: 9 })
    expect([sentence.includes('\u001b'), sentence.includes('\n')]).toEqual([false, false])
    expect(sentence).toContain('[2J')
  })
})
