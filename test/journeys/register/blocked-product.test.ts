import { scaledMs } from '../../support/machine-speed.ts'
import { CAN_ISOLATE } from '../isolated-networks.ts'
import { company } from './company.ts'

/** A product is blocked where it was seen, and starts on another device. */

if (!CAN_ISOLATE) process.stderr.write('skipped: blocking a product needs root, cgroup v2, ip and unshare\n')
const whenPossible = CAN_ISOLATE ? test : test.skip

whenPossible(
  'a blocked product is frozen where it runs, and as it starts on another device',
  async () => {
    await using here = await company({ devices: 2 })
    const [first, second] = here.devices
    if (first === undefined || second === undefined) throw new Error('two devices')
    const running = first.start('kilo')
    const { id, name, device } = await here.seen('kilo')
    expect(await here.run('inbox', 'list', '--output', 'table')).toMatch(
      new RegExp(`^ *${id} +${name} +unregistered +1 of 2`, 'm'),
    )

    const block = ['inbox', 'block', id, '--reason', 'reads mail']
    expect(await here.run(...block, '--dry-run')).toMatch(
      /^devices +1 of \d have an agent that would stop\nagents +1\n/,
    )
    await running.goesOn()
    const { stop } = JSON.parse(await here.run(...block, '--json'))
    const answers = () => here.answers(stop.id)
    const all = await here.until('both answers', answers, (seen) => seen.every(({ receipt }) => receipt !== undefined))
    expect(all).toHaveLength(2)
    expect(all.find((one) => one.device === device)).toMatchObject({ state: 'frozen', receipt: { method: 'cgroup2' } })
    expect(all.find((one) => one.device !== device)).toMatchObject({ state: 'nothing-matched' })
    expect(await running.grows()).toBe(false)
    expect(await here.run('inbox', 'list', '--output', 'table')).toContain('none')

    // Its tool would write fifty times a second.
    const later = second.start('kilo')
    const reported = await here.until(
      'the report of the second device',
      () => here.events('stop-event'),
      (seen) => seen.some((one) => one.device !== device),
    )
    expect(reported).toMatchObject([{ facts: { stop: stop.id, kind: 'frozen', product: 'kilo' } }])
    expect(await later.grows()).toBe(false)
    expect(second.daemon.stderr()).toContain('program held as it starts')
    expect(later.size()).toBe(0)
    await here.until(
      'it in the inbox',
      () => here.inbox('?state=blocked'),
      (seen) => seen.length === 2,
    )
    expect(await here.inbox()).toEqual([])

    await here.run('stops', 'release', stop.id, '--reason', 'it asks first now')
    await here.until(
      'it to go on',
      () => later.grows(),
      (grows) => grows,
    )
    await here.until(
      'the first to go on',
      () => running.grows(),
      (grows) => grows,
    )
    await here.until(
      'both to wait for a decision',
      () => here.inbox(),
      (seen) => seen.length === 2,
    )
  },
  scaledMs(300_000),
)
