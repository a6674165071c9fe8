import type { SeenQuestion } from '../../../src/directory/seen/seen-store.ts'
import { RARE, seenQuery } from '../../../src/directory/seen/stored/seen-queries.ts'
import { SEEN_STATES } from '../../../src/protocol/nouns/agents/seen-agents.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { DEVICE, idOf } from '../../contracts/stores/seeds.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'

let database: Database
beforeAll(() => {
  database = migratedStore()
})
afterAll(() => database.close())

/** Every filter alone and beside each other one. */
const FILTERS: readonly Omit<SeenQuestion, 'limit'>[] = [
  ...SEEN_STATES.map((state) => ({ state })),
  ...[{ item: 'claude-code' }, { device: DEVICE }, { human: idOf('hum', 1) }, { registration: idOf('agt', 1) }],
  ...[{ autonomous: true }, { autonomous: false }, { deviating: true }, { deviating: false }, { onAtMost: 3 }],
  ...[{ firstSeenSince: 5 }, { search: 'desk' }, { named: 'sga_AAAA' }],
]
const QUESTIONS = [{}, ...FILTERS, ...FILTERS.flatMap((one) => FILTERS.map((other) => ({ ...one, ...other })))]

test('rare products come in the order of their index', () => {
  const steps = database
    .prepare(`EXPLAIN QUERY PLAN ${RARE}`)
    .all(3, 0, '')
    .map(({ detail }) => String(detail))
  expect(steps).toEqual([expect.stringMatching(/^SEARCH fleet_items USING COVERING INDEX fleet_items_rare /)])
})

test('no list sorts, and each reads an index that has its order', () => {
  for (const question of QUESTIONS) {
    const first = { ...question, limit: 10 }
    const { columns } = seenQuery(first)
    // The cursor has as many columns as the order.
    for (const asked of [first, { ...first, after: Array.from({ length: columns }, () => 1) }]) {
      const { sql, values } = seenQuery(asked)
      const steps = database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...values)
        .map(({ detail }) => String(detail))
      const wrong = steps.filter((step) => /TEMP B-TREE|^SCAN (?!s$|. USING INDEX)/.test(step))
      expect({ question: asked, wrong }).toEqual({ question: asked, wrong: [] })
      // By number is the order of the table itself.
      const scans = steps.filter((step) => step === 'SCAN s')
      if (scans.length > 0) expect(sql).toMatch(/ORDER BY s\.number DESC$/)
    }
  }
})
