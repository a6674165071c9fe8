import { Renewals } from '../../../src/console/data/renewals.ts'

const QUESTIONS = ['/summary', '/history', '/devices/dev_1', '/zombies?limit=1', '/agent-products?limit=6', 'session']

function renewalsOf() {
  const renewed: string[][] = []
  const page = { isHidden: false }
  let now = 1_000_000
  let planned: { readonly at: number; readonly work: () => void }[] = []
  const clock = {
    now: () => now,
    random: () => 0,
    later(work: () => void, ms: number) {
      const plan = { at: now + ms, work }
      planned.push(plan)
      return () => {
        planned = planned.filter((one) => one !== plan)
      }
    },
  }
  const pass = (ms: number) => {
    const end = now + ms
    for (;;) {
      const next = planned.toSorted((one, other) => one.at - other.at).find(({ at }) => at <= end)
      if (next === undefined) break
      planned = planned.filter((one) => one !== next)
      now = next.at
      next.work()
    }
    now = end
  }
  const renewals = new Renewals({
    renew: (concerned) => renewed.push(QUESTIONS.filter(concerned)),
    isHidden: () => page.isHidden,
    clock,
  })
  return { renewals, renewed, page, pass }
}

const ALL = ['/devices/dev_1', '/zombies?limit=1', '/agent-products?limit=6']

test('one event is asked about soon, and those that come with it at once', () => {
  const { renewals, renewed, pass } = renewalsOf()
  for (let event = 0; event < 10; event++) renewals.news(['agent-appeared'])
  pass(200)
  expect(renewed).toEqual([ALL])
})

test('while news keep coming, questions are asked every five seconds in the end', () => {
  const { renewals, renewed, pass } = renewalsOf()
  for (let passed = 0; passed < 20_000; passed += 250) {
    renewals.news(['agent-appeared'])
    pass(250)
  }
  // After 0.2, 1.2, 3.2, 7.2, 12.2 and 17.2 seconds.
  expect(renewed.length).toBe(6)
})

test('an agent is on the screen soon, however much devices report', () => {
  const { renewals, renewed, pass } = renewalsOf()
  for (let passed = 0; passed < 12_250; passed += 250) {
    renewals.news(['verdict-changed'])
    pass(250)
  }
  expect(renewed.filter((asked) => asked.length > 1)).toEqual([])
  renewals.news(['agent-appeared'])
  pass(250)
  expect(renewed.at(-1)).toEqual(ALL)
})

test('news of devices renew what shows devices', () => {
  const { renewals, renewed, pass } = renewalsOf()
  renewals.news(['verdict-changed', 'device-silent'])
  pass(200)
  expect(renewed).toEqual([['/devices/dev_1']])
})

test.each([[undefined], [['verdict-changed', 'policy-set']], [['of-a-later-release']]])('%j renews all', (kinds) => {
  const { renewals, renewed, pass } = renewalsOf()
  renewals.news(['verdict-changed'])
  renewals.news(kinds)
  pass(200)
  expect(renewed).toEqual([ALL])
})

test('a hidden page asks when it is shown', () => {
  const { renewals, renewed, page, pass } = renewalsOf()
  page.isHidden = true
  renewals.news(['agent-appeared'])
  pass(60_000)
  expect(renewed).toEqual([])
  page.isHidden = false
  renewals.shown()
  pass(200)
  expect(renewed).toEqual([ALL])
  renewals.shown()
  pass(60_000)
  expect(renewed).toHaveLength(1)
})

test('it asks nothing after its end', () => {
  const { renewals, renewed, pass } = renewalsOf()
  renewals.news()
  renewals.stop()
  pass(60_000)
  expect(renewed).toEqual([])
})
