import type { ApprovalDecided, ArrivedApproval } from '../../../../src/directory/approvals/approval-store.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import { sampleRequest } from '../../../support/protocol/approval-samples.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../seeds.ts'

const NOW = 1_000
const newApproval = (number: number, changes: Partial<ArrivedApproval> = {}): ArrivedApproval => ({
  device: DEVICE,
  request: { ...sampleRequest, id: idOf('apr', number) },
  actionHash: 'A'.repeat(43),
  user: { id: '1000', name: 'ada' },
  client: 'claude-code',
  tool: 'Bash',
  item: 'claude-code',
  at: number,
  endsAt: 2_000,
  ...changes,
})
const DENIED: ApprovalDecided = { state: 'denied', at: 1_100, by: 'Ada', reason: 'no' }
const APPROVED: ApprovalDecided = { state: 'approved', at: 1_100, by: 'Ada', grant: { scope: 'session', until: 9_000 } }

export function describeApprovalStore({ name, open }: Engine): void {
  const opened = async () => {
    const store = await open()
    await seed(store, {}, { id: OTHER_DEVICE })
    return store.approvals
  }
  const idsOf = (listed: { readonly items: readonly { readonly request: { readonly id: string } }[] }) =>
    listed.items.map(({ request }) => Number(request.id.slice(4, -1)))

  describe(`${name} keeps the ApprovalStore contract`, () => {
    test('returns what arrived, with its number and how many equal ones wait', async () => {
      const approvals = await opened()
      const first = newApproval(1)
      await approvals.add(first)
      await approvals.add(newApproval(2))
      await approvals.add(newApproval(3, { device: OTHER_DEVICE }))
      expect(await approvals.get(idOf('apr', 1), NOW)).toEqual({ ...first, number: 1, state: 'pending', count: 2 })
      expect([await approvals.has(idOf('apr', 1)), await approvals.has(idOf('apr', 9))]).toEqual([true, false])
      expect(await approvals.get(idOf('apr', 9), NOW)).toBeUndefined()
      expect(await approvals.equal(first, NOW)).toHaveLength(2)
    })

    test('keeps an id once', async () => {
      const approvals = await opened()
      await approvals.add(newApproval(1))
      expect(await codeThrown(() => approvals.add(newApproval(1, { device: OTHER_DEVICE })))).toBe('CONFLICT')
    })

    test('lists of equal ones that wait the oldest', async () => {
      const approvals = await opened()
      await approvals.add(newApproval(1, { endsAt: 1_500 }))
      await approvals.add(newApproval(2))
      await approvals.add(newApproval(3, { actionHash: 'B'.repeat(43) }))
      expect(idsOf(await approvals.list({ state: 'pending' }, NOW))).toEqual([3, 1])
      expect(idsOf(await approvals.list({ state: 'pending' }, 1_500))).toEqual([3, 2])
      expect(idsOf(await approvals.list({ state: 'expired' }, 1_500))).toEqual([1])
      expect(idsOf(await approvals.list({}, NOW))).toEqual([3, 2, 1])
    })

    test('has one state from its end on, recorded or not', async () => {
      const approvals = await opened()
      await approvals.add(newApproval(1))
      expect((await approvals.get(idOf('apr', 1), 1_999))?.state).toBe('pending')
      expect(await approvals.get(idOf('apr', 1), 2_000)).toMatchObject({ state: 'expired', count: 0 })
      expect([await approvals.ended(1_999, 9), await approvals.ended(2_000, 9)]).toEqual([[], [idOf('apr', 1)]])
      await approvals.decide(idOf('apr', 1), { state: 'expired', at: 2_000, by: 'the directory' })
      expect(await approvals.ended(2_000, 9)).toEqual([])
    })

    test('is decided once, and with a scope only if it is approved', async () => {
      const approvals = await opened()
      for (const number of [1, 2, 3]) await approvals.add(newApproval(number))
      await approvals.decide(idOf('apr', 1), APPROVED)
      expect((await approvals.get(idOf('apr', 1), NOW))?.decision).toEqual(APPROVED)
      expect(await codeThrown(() => approvals.decide(idOf('apr', 1), DENIED))).toBe('CONFLICT')
      const { grant: _, ...without } = APPROVED
      expect(await codeThrown(() => approvals.decide(idOf('apr', 2), without))).toBe('CONFLICT')
      expect(await codeThrown(() => approvals.decide(idOf('apr', 2), { ...APPROVED, ...DENIED }))).toBe('CONFLICT')
    })

    test('has one answer of each person, and one approval in each role', async () => {
      const approvals = await opened()
      const approval = idOf('apr', 1)
      await approvals.add(newApproval(1))
      const answer = { approval, outcome: 'approved', at: 5, tookMs: 4, flagged: false } as const
      const [ada, bob] = [
        { id: 'hum_1', name: 'ada' },
        { id: 'hum_2', name: 'bob' },
      ]
      await approvals.putAnswer({ ...answer, by: ada, as: 'owner' })
      const again = (by: typeof ada, as: 'owner' | 'approver') => () => approvals.putAnswer({ ...answer, by, as })
      expect(await codeThrown(again(ada, 'approver'))).toBe('CONFLICT')
      expect(await codeThrown(again(bob, 'owner'))).toBe('CONFLICT')
      await approvals.putAnswer({ ...answer, by: bob, as: 'approver', flagged: true })
      expect(await approvals.answers(approval)).toHaveLength(2)
      expect(await approvals.answersOf('hum_2', 4, 9)).toEqual([{ ...answer, by: bob, as: 'approver', flagged: true }])
      expect(await approvals.answersOf('hum_2', 5, 9)).toEqual([])
    })

    test('counts what waits, and what came within an hour', async () => {
      const approvals = await opened()
      await approvals.add(newApproval(1))
      await approvals.add(newApproval(2, { client: 'codex' }))
      await approvals.add(newApproval(3, { device: OTHER_DEVICE }))
      await approvals.add(newApproval(4), { by: 'the directory', reason: 'too many' })
      const of = { userId: '1000', client: 'claude-code', now: NOW }
      expect(await approvals.load(DEVICE, of)).toEqual({ ofDevice: 2, ofAgent: 1, lastHour: 3 })
      expect(await approvals.load(DEVICE, { ...of, now: 3_700_000 })).toEqual({ ofDevice: 0, ofAgent: 0, lastHour: 0 })
    })

    test('says what devices do not know yet, until they do', async () => {
      const approvals = await opened()
      await approvals.add(newApproval(1), { by: 'the directory', reason: 'too many' })
      await approvals.add(newApproval(2))
      expect(await approvals.toOrder(9)).toEqual([idOf('apr', 1)])
      await approvals.setOrdered(idOf('apr', 1), undefined)
      expect(await approvals.toOrder(9)).toEqual([])
    })

    test('refuses a filter that it does not have', async () => {
      const approvals = await opened()
      expect(await codeThrown(() => approvals.list({ nonsense: 'x' }, NOW))).toBe('INPUT_MALFORMED')
    })
  })
}
