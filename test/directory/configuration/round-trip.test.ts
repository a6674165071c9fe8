import { randomInt } from 'node:crypto'
import { readFolder } from '../../../src/admin/configuration/read-folder.ts'
import { writeFolder } from '../../../src/admin/configuration/write-folder.ts'
import { DEFAULT_ACCESS_TEXT } from '../../../src/directory/access-policy/default-policy.ts'
import { DEFAULT_GATE_TEXT } from '../../../src/gate-policy/default-gate-policy.ts'
import type { ConfigurationDocument } from '../../../src/protocol/nouns/directory/configuration.ts'
import { startTestDirectory } from '../../support/directory/directory-api.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import {
  accessPolicy,
  addSecrets,
  applied,
  exported,
  group,
  person,
  policy,
  registration,
} from './configuration-fixture.ts'

const RUNS = 12

/** Numbers below `below`, the same for one seed. */
function drawnFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const DAY_MS = 86_400_000
const NAMES = ['ada', 'Böb', '李雷', "o'neil", 'x y', '#tag', 'null', '1e3', '- dash', 'a: b', 'ß']

/** A set that a directory accepts. */
function drawnSet(draw: (below: number) => number): object[] {
  const people = NAMES.slice(0, 2 + draw(NAMES.length - 1))
  const one = <T>(list: readonly T[]): T => list[draw(list.length)] as T
  const some = <T>(list: readonly T[]) => list.filter(() => draw(2) === 0)
  const maybe = (member: object) => (draw(2) === 0 ? member : {})
  const later = () => new Date(Date.now() + (1 + draw(300)) * DAY_MS + draw(2) * 500).toISOString()
  const owned = () => {
    const at = draw(people.length - 1)
    return { owner: people[at], ...maybe({ successor: people[at + 1] }) }
  }
  return [
    ...people.map((name, at) =>
      person(name, {
        ...maybe({ displayName: `${name}  N.` }),
        ...maybe({ email: `p${at}@example.org` }),
        ...(at === 0 ? {} : maybe({ manager: people[draw(at)] })),
      }),
    ),
    ...some(['g1', 'Zebra team', 'true']).map((name) => group(name, some(people))),
    ...Array.from({ length: draw(30) }, (_, at) =>
      registration(`agent ${at}`, {
        purpose: one(['reviews', 'line one', '  padded: "yes"', '🙂']),
        criteria: {
          products: [one(['codex', 'claude-code', 'unknown/x']), 'amp'],
          ...maybe({ human: one(people) }),
          ...maybe({ workspaces: ['/srv/code', '/home/a b'] }),
          ...maybe({ mcpServers: ['git', 'git', 'a'] }),
        },
        ...owned(),
        ...maybe({ contact: one(people) }),
        ...maybe({ versions: ['>=1.2 <2', '3.0.1'] }),
        ...maybe({ scope: { tools: ['bash'], ...maybe({ applications: [] }) } }),
        ...maybe({ autonomyCeiling: one(['asks', 'autonomous']) }),
        ...maybe({ single: draw(2) === 0 }),
        ...maybe({ reviewAt: later() }),
        ...maybe({ expiresAt: later() }),
        ...maybe({ state: one(['active', 'provisioning']) }),
      }),
    ),
    ...some(['nightly', 'backup']).map((name) => ({
      kind: 'service-account',
      name,
      spec: { purpose: 'p', expiresAt: later(), ...owned() },
    })),
    ...some(['PF-1', 'serial:PF-1', 'host:Lap 7', 'lap-9', `ek:${'ab'.repeat(32)}`]).map((name) => ({
      kind: 'preregistration',
      name,
      spec: { owner: one(['ada@example.org', 'the lab: 3', '1e3']) },
    })),
    ...some(['eve', 'mallory@example.org']).map((name) => ({
      kind: 'administrator',
      name,
      spec: { role: one(['viewer', 'operator', 'administrator', 'auditor']) },
    })),
    ...some(['gate', 'siem']).map((name) => ({ kind: 'service', name, spec: { scope: one(['read', 'decide']) } })),
    ...some(['https://a.example.org/hook', 'https://b.example.org/']).map((name) => ({
      kind: 'webhook',
      name,
      spec: { events: one([['*'], ['stop-created', 'policy-set'], ['enrolled']]) },
    })),
    ...some([policy('schema: surety/policy@1\n# a comment\nchecks: {}\n')]),
    ...some([accessPolicy(`${DEFAULT_ACCESS_TEXT}// a comment\n`)]),
    ...some([{ kind: 'gate-policy', name: 'gate-policy', spec: { text: `${DEFAULT_GATE_TEXT}// a comment\n` } }]),
    ...some([{ kind: 'rules', name: 'rules', spec: { text: 'schema: surety/rules@1\nrules: []' } }]),
  ]
}

test('an export applied to an empty directory gives the same export again', async () => {
  const first = Number(process.env.TEST_SEED ?? randomInt(2 ** 31))
  for (let seed = first; seed < first + RUNS; seed++) {
    await using filled = await startTestDirectory()
    const set = drawnSet(drawnFrom(seed))
    try {
      await addSecrets(filled, set)
      expect(await applied(filled, set)).toMatchObject({ refused: 0, applied: true })
      const { documents } = await exported(filled)
      expect((await applied(filled, documents)).counts).toMatchObject({ create: 0, change: 0, remove: 0 })
      expect((await applied(filled, set)).counts).toMatchObject({ create: 0, change: 0, remove: 0 })
      using folder = temporaryFolder()
      await writeFolder(folder.path, { documents }, { replace: false })
      const read = (await readFolder(folder.path)).map(({ value }) => value as ConfigurationDocument)
      await using empty = await startTestDirectory()
      await addSecrets(empty, set)
      await applied(empty, shuffled(read, drawnFrom(seed)))
      expect((await exported(empty)).documents).toEqual(documents)
    } catch (cause) {
      throw new Error(`TEST_SEED=${seed}: ${cause instanceof Error ? cause.message : 'failed'}`, { cause })
    }
  }
}, 120_000)

/** The order of documents does not matter. */
function shuffled(documents: readonly ConfigurationDocument[], draw: (below: number) => number) {
  return documents
    .map((document) => ({ document, place: draw(1_000_000) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ document }) => document)
}
