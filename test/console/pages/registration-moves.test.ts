import { endOfDay } from '../../../src/console/data/days.ts'
import {
  changeFieldsOf,
  changeRequest,
  moveAct,
  movesOf,
} from '../../../src/console/pages/register/registration-moves.ts'
import { LIFECYCLE } from '../../../src/directory/registrations/registration-rules.ts'
import { REGISTRATION_STATES, type RegistrationView } from '../../../src/protocol/nouns/agents/registrations.ts'
import { ADA, REGISTRATION } from '../seen/an-agent.ts'

test.each(REGISTRATION_STATES)('the directory allows every move that is offered for one that is %s', (state) => {
  for (const { to } of movesOf(state)) expect(LIFECYCLE[state]).toContain(to)
})

test.each(['retiring', 'retired'] as const)('one that is %s can be moved nowhere', (state) => {
  expect(movesOf(state)).toEqual([])
})

const [SUSPEND, , RETIRE] = movesOf('active')
const [RESUME] = movesOf('suspended')

test.each([
  [SUSPEND, [], 'Suspend'],
  [
    SUSPEND,
    [
      { running: 2, frozen: 0 },
      { running: 1, frozen: 0 },
    ],
    'Suspend and freeze 3 agents',
  ],
  [RETIRE, [{ running: 1, frozen: 0 }], 'Retire and end 1 agent'],
  [RESUME, [{ running: 2, frozen: 2 }], 'Resume 2 agents'],
  [RESUME, [{ running: 0, frozen: 0 }], 'Resume'],
])('an act says what it does, with the count', (move, agents, words) => {
  expect(move && moveAct(move, agents)).toBe(words)
})

const FULL: RegistrationView = {
  ...REGISTRATION,
  version: 7,
  successor: ADA,
  successorName: 'Ada Lind',
  expiresAt: new Date('2027-03-01T12:00:00').getTime(),
  autonomyCeiling: 'asks',
}
const FIELDS = changeFieldsOf(FULL)

test('nothing is sent where nothing differs, or only spaces do', () => {
  expect(changeRequest(FULL, FIELDS)).toBeUndefined()
  expect(changeRequest(FULL, { ...FIELDS, purpose: ` ${FIELDS.purpose} ` })).toBeUndefined()
})

test.each([
  ['a purpose', { purpose: 'sorts tickets' }, { purpose: 'sorts tickets' }],
  ['another successor', { successor: 'bob' }, { successor: 'bob' }],
  ['no successor', { successor: '' }, { successor: null }],
  ['no end', { ends: '' }, { expiresAt: null }],
  ['a review', { review: '2027-06-01' }, { reviewAt: endOfDay('2027-06-01') }],
  ['any way to act', { mayAct: '' }, { autonomyCeiling: null }],
] as const)('%s is sent alone, with the version that was read', (_name, some, sent) => {
  expect(changeRequest(FULL, { ...FIELDS, ...some })).toEqual({ ...sent, expectVersion: 7 })
})
