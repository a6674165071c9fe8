import type { ErrorCode } from '../../../src/base/errors.ts'
import { parseUnambiguousJson } from '../../../src/base/json.ts'
import { parseFilter, parsePath } from '../../../src/directory/scim/attributes/filter.ts'
import { matches } from '../../../src/directory/scim/attributes/matches.ts'
import { applyChanges, PATCH_SCHEMA, readPatch } from '../../../src/directory/scim/attributes/patch.ts'
import { readResource } from '../../../src/directory/scim/attributes/values.ts'
import { ENTERPRISE_SCHEMA, USER } from '../../../src/directory/scim/schemas.ts'
import { promise, refusing, type Target, textOf } from '../target.ts'

/** What identity providers send. */

const ADA = {
  userName: 'ada',
  active: true,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [
    { type: 'work', value: 'ada@work.example', primary: true },
    { type: 'home', value: 'ada@home.example' },
  ],
  [ENTERPRISE_SCHEMA.id]: { department: 'Engines', manager: { value: 'hum_1' } },
}

const filterTarget: Target = {
  name: 'scim-filter',
  kind: 'text',
  seeds: () => [
    'userName eq "ada" and not (active eq false or title pr)',
    'emails[type eq "work" and value co "@"].value sw "a"',
    `${ENTERPRISE_SCHEMA.id}:manager.value ne "\\u0041\\"" or meta.lastModified gt "2026-11-29T10:00:00Z"`,
    'addresses[primary eq "True"].formatted',
  ],
  words: ['le', 'lt', 'ge', 'ew', 'null', 'true', 'False', '__proto__', 'constructor', '1e9'],
  async run(input) {
    const text = textOf(input)
    await refusing(['SCIM_PATH_INVALID'], async () => parsePath(text))
    const filter = await refusing(['SCIM_FILTER_INVALID'], async () => parseFilter(text))
    if (filter === undefined) return
    const fits = await refusing(['SCIM_FILTER_INVALID'], async () => matches(filter, ADA, USER))
    if (fits === undefined) return
    promise(matches({ kind: 'not', filter }, ADA, USER) !== fits, 'not turns a filter round')
  },
}

const JSON_CODES: readonly ErrorCode[] = ['INPUT_TOO_LARGE', 'INPUT_MALFORMED', 'INPUT_TOO_DEEP']
const CODES: readonly ErrorCode[] = [
  ...JSON_CODES,
  ...(['SCIM_PATH_INVALID', 'SCIM_NO_TARGET', 'SCIM_VALUE_INVALID', 'SCIM_MUTABILITY', 'SCIM_FILTER_INVALID'] as const),
]

/** The same for members in another order. Clones of Node have another prototype under jest. */
function spelled(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

const patchBody = (...operations: readonly object[]) =>
  JSON.stringify({ schemas: [PATCH_SCHEMA], Operations: operations })

const patchTarget: Target = {
  name: 'scim-patch',
  kind: 'json',
  seeds: () => [
    patchBody(
      { op: 'Replace', path: 'active', value: 'False' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1' },
      { op: 'Add', path: `${ENTERPRISE_SCHEMA.id}:manager`, value: 'hum_2' },
    ),
    patchBody(
      { op: 'replace', value: { 'name.givenName': 'A', 'emails[type eq "work"].value': 'b', active: false } },
      { op: 'remove', path: 'emails[type eq "home"]' },
      { op: 'remove', path: 'emails', value: [{ value: 'ada@work.example' }] },
    ),
    patchBody({ op: 'add', path: 'emails', value: [{ value: 'x', primary: true }, { value: 'y' }] }),
    JSON.stringify({ schemas: [USER.schema.id], ...ADA, title: 'Countess', roles: [], password: 'x' }),
  ],
  words: ['__proto__', 'constructor', 'prototype', 'toString', 'urn:', ENTERPRISE_SCHEMA.id],
  async run(input) {
    const body = await refusing(JSON_CODES, async () =>
      parseUnambiguousJson(textOf(input), { maxBytes: 1024 * 1024, maxDepth: 16 }),
    )
    const before = spelled(ADA)
    const patched = await refusing(CODES, async () => applyChanges(ADA, readPatch(USER, body)))
    promise(spelled(ADA) === before, 'the resource before is left as it was')
    const whole = await refusing(CODES, async () => readResource(USER, body))
    promise(Object.keys(Object.prototype).length === 0, 'no prototype gets a member')
    for (const resource of [patched, whole]) {
      if (resource === undefined) continue
      const again = readResource(USER, { ...resource, schemas: [USER.schema.id] })
      promise(spelled(again) === spelled(resource), 'a resource reads as itself')
    }
  },
}

export const scimTargets: readonly Target[] = [filterTarget, patchTarget]
