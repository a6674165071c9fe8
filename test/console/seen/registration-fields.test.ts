import { dayOf, endOfDay } from '../../../src/console/data/days.ts'
import {
  fieldsFor,
  mergeRequest,
  mistakesIn,
  placesOf,
  type RegistrationFields,
  registrationRequest,
} from '../../../src/console/seen/registration-fields.ts'
import { ADA, AGENT, NOW, REGISTRATION } from './an-agent.ts'

const { workspace: _, ...WITHOUT_FOLDER } = AGENT
const { human: __, proposedOwner: ___, ...OF_NOBODY } = AGENT

const FILLED: RegistrationFields = { ...fieldsFor(AGENT, NOW), purpose: 'sorts mail' }

test('the form proposes the owner, a year, and what the agent does', () => {
  expect(fieldsFor(AGENT, NOW)).toEqual({
    owner: 'Ada Lind',
    purpose: '',
    place: 'here',
    ends: '2027-12-02',
    mayAct: 'autonomous',
  })
})

test.each(['asks', 'unknown'] as const)('an agent whose autonomy is %s may act only if it asks', (autonomy) => {
  expect(fieldsFor({ ...AGENT, autonomy }, NOW).mayAct).toBe('asks')
})

test('the proposed owner is sent as an id, since names are not unique', () => {
  expect(registrationRequest(FILLED, AGENT)).toEqual({
    purpose: 'sorts mail',
    autonomyCeiling: 'autonomous',
    owner: ADA,
    expiresAt: endOfDay('2027-12-02'),
  })
})

test('another owner is sent as typed', () => {
  expect(registrationRequest({ ...FILLED, owner: ' bob ' }, AGENT).owner).toBe('bob')
})

test('without an owner it waits, and no owner is sent', () => {
  const request = registrationRequest({ ...FILLED, owner: '' }, OF_NOBODY)
  expect(request).toMatchObject({ state: 'provisioning' })
  expect(request).not.toHaveProperty('owner')
})

test.each([
  ['here', {}],
  ['any-folder', { anyWorkspace: true }],
  ['any-account', { anyHuman: true, anyWorkspace: true }],
  ['any-device', { anyDevice: true, anyWorkspace: true }],
  ['anywhere', { anyDevice: true, anyHuman: true, anyWorkspace: true }],
] as const)('a registration that holds %s says how wide it is', (place, wide) => {
  const { purpose, autonomyCeiling, owner, expiresAt, ...sent } = registrationRequest({ ...FILLED, place }, AGENT)
  expect(sent).toEqual(wide)
})

test('a registration without an end sends none', () => {
  expect(registrationRequest({ ...FILLED, ends: '' }, AGENT)).not.toHaveProperty('expiresAt')
})

test('only places that differ are offered', () => {
  expect(placesOf(AGENT).map(({ place }) => place)).toEqual([
    'here',
    'any-folder',
    'any-account',
    'any-device',
    'anywhere',
  ])
  expect(placesOf(WITHOUT_FOLDER).map(({ place }) => place)).not.toContain('any-folder')
  expect(placesOf(OF_NOBODY).map(({ place }) => place)).toEqual(['here', 'any-folder', 'anywhere'])
})

test.each([
  ['no purpose', { purpose: '  ' }, 'purpose'],
  ['no owner where one is proposed', { owner: ' ' }, 'owner'],
  ['a day that is over', { ends: '2026-12-01' }, 'ends'],
  ['a day that is none', { ends: 'soon' }, 'ends'],
] as const)('%s is a mistake', (_name, some, field) => {
  expect(Object.keys(mistakesIn({ ...FILLED, ...some }, AGENT, NOW))).toEqual([field])
})

test.each([
  ['everything said', FILLED, AGENT],
  ['today as the end', { ...FILLED, ends: dayOf(new Date(NOW)) }, AGENT],
  ['no owner where none is proposed', { ...FILLED, owner: '' }, OF_NOBODY],
  ['no end', { ...FILLED, ends: '' }, AGENT],
] as const)('%s is no mistake', (_name, fields, agent) => {
  expect(mistakesIn(fields, agent, NOW)).toEqual({})
})

test.each([
  ['of the same device and person', { device: AGENT.device, human: ADA }, {}],
  ['of every device', { products: ['unknown/deskbot'] }, {}],
  ['of another device', { device: 'dev_BBBBBBBBBBBBBBBBBBBBBA' }, { anyDevice: true }],
  ['of another person', { human: 'hum_BBBBBBBBBBBBBBBBBBBBBA' }, { anyHuman: true }],
] as const)('a registration %s is widened only as far as it must be', (_name, criteria, wide) => {
  const { products, ...others } = { products: undefined, ...criteria }
  const read = { ...others, ...(products === undefined ? {} : { products: [...products] }) }
  expect(mergeRequest(AGENT, { ...REGISTRATION, criteria: read })).toEqual({ into: REGISTRATION.id, ...wide })
})

test('a registration of a person is widened for an account without one', () => {
  expect(mergeRequest(OF_NOBODY, { ...REGISTRATION, criteria: { human: ADA } })).toMatchObject({ anyHuman: true })
})
