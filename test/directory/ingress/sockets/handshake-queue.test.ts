import { Socket } from 'node:net'
import { handshakeQueue } from '../../../../src/directory/ingress/sockets/handshake-queue.ts'

function setUp(init: { credit: number; perSecond: number }) {
  let now = 0
  const names = new Map<Socket, string>()
  const all = handshakeQueue({ ...init, now: () => now })
  return {
    all,
    come(...sockets: readonly string[]) {
      for (const name of sockets) {
        const socket = new Socket()
        names.set(socket, name)
        all.add(name.split(' ')[0] ?? '', socket)
      }
    },
    hangUp: (name: string) => [...names].find(([, other]) => other === name)?.[0].destroy(),
    let(count: number) {
      return Array.from({ length: count }, () => {
        const socket = all.next()
        return socket === undefined ? 'none' : names.get(socket)
      })
    },
    later: (ms: number) => {
      now += ms
    },
  }
}

test('admits networks in turn, however many sockets each has', () => {
  const { come, let: letIn } = setUp({ credit: 100, perSecond: 0 })
  come('bad 1', 'bad 2', 'bad 3', 'good 1', 'other 1', 'good 2')
  expect(letIn(7)).toEqual(['bad 1', 'good 1', 'other 1', 'bad 2', 'good 2', 'bad 3', 'none'])
})

test('skips a closed socket', () => {
  const { come, hangUp, let: letIn, all } = setUp({ credit: 100, perSecond: 0 })
  come('a 1', 'a 2', 'b 1', 'c 1')
  hangUp('a 1')
  hangUp('b 1')
  expect(letIn(3)).toEqual(['a 2', 'c 1', 'none'])
  expect(all.waiting).toBe(false)
})

test('limits a network whose devices do not authenticate, and delays no other', () => {
  const { come, let: letIn, later, all } = setUp({ credit: 2, perSecond: 10 })
  come('bad 1', 'bad 2', 'bad 3', 'bad 4', 'good 1')
  expect(letIn(4)).toEqual(['bad 1', 'good 1', 'bad 2', 'none'])
  expect(all.waiting).toBe(true)
  later(99)
  expect(letIn(1)).toEqual(['none'])
  later(1)
  expect(letIn(2)).toEqual(['bad 3', 'none'])
  later(3_600_000)
  come('bad 5', 'bad 6')
  expect(letIn(3)).toEqual(['bad 4', 'bad 5', 'none'])
})

test('never delays a network whose devices authenticate, and gives it no extra credit', () => {
  const { come, let: letIn, all } = setUp({ credit: 2, perSecond: 0 })
  for (let at = 0; at < 10; at++) {
    come(`office ${at}`)
    expect(letIn(1)).toEqual([`office ${at}`])
    all.authenticated('office')
    all.authenticated('office')
  }
  come('office a', 'office b', 'office c')
  expect(letIn(3)).toEqual(['office a', 'office b', 'none'])
})
