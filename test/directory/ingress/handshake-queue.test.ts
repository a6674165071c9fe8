import { Socket } from 'node:net'
import { turns } from '../../../src/directory/ingress/turns.ts'

function house(init: { credit: number; perSecond: number }) {
  let now = 0
  const names = new Map<Socket, string>()
  const all = turns({ ...init, now: () => now })
  return {
    all,
    come(...arrivals: readonly string[]) {
      for (const name of arrivals) {
        const socket = new Socket()
        names.set(socket, name)
        all.add(name.split(' ')[0] ?? '', socket)
      }
    },
    hangUp: (name: string) => [...names].find(([, other]) => other === name)?.[0].destroy(),
    let(count: number) {
      return Array.from({ length: count }, () => {
        const socket = all.next()
        return socket === undefined ? 'nobody' : names.get(socket)
      })
    },
    later: (ms: number) => {
      now += ms
    },
  }
}

test('one of each network comes in after the other, whoever knocks how often', () => {
  const { come, let: letIn } = house({ credit: 100, perSecond: 0 })
  come('bad 1', 'bad 2', 'bad 3', 'good 1', 'other 1', 'good 2')
  expect(letIn(7)).toEqual(['bad 1', 'good 1', 'other 1', 'bad 2', 'good 2', 'bad 3', 'nobody'])
})

test('who has hung up does not have a turn', () => {
  const { come, hangUp, let: letIn, all } = house({ credit: 100, perSecond: 0 })
  come('a 1', 'a 2', 'b 1', 'c 1')
  hangUp('a 1')
  hangUp('b 1')
  expect(letIn(3)).toEqual(['a 2', 'c 1', 'nobody'])
  expect(all.waiting).toBe(false)
})

test('a network whose devices do not authenticate waits for its rate, and holds nobody else up', () => {
  const { come, let: letIn, later, all } = house({ credit: 2, perSecond: 10 })
  come('bad 1', 'bad 2', 'bad 3', 'bad 4', 'good 1')
  expect(letIn(4)).toEqual(['bad 1', 'good 1', 'bad 2', 'nobody'])
  expect(all.waiting).toBe(true)
  later(99)
  expect(letIn(1)).toEqual(['nobody'])
  later(1)
  expect(letIn(2)).toEqual(['bad 3', 'nobody'])
  later(3_600_000)
  come('bad 5', 'bad 6')
  expect(letIn(3)).toEqual(['bad 4', 'bad 5', 'nobody'])
})

test('a network whose devices authenticate is never held up, and earns nothing for later', () => {
  const { come, let: letIn, all } = house({ credit: 2, perSecond: 0 })
  for (let at = 0; at < 10; at++) {
    come(`office ${at}`)
    expect(letIn(1)).toEqual([`office ${at}`])
    all.proven('office')
    all.proven('office')
  }
  come('office a', 'office b', 'office c')
  expect(letIn(3)).toEqual(['office a', 'office b', 'nobody'])
})
