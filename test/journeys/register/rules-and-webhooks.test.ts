import { createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startReceiver } from '../../directory/webhooks/receiver.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { CAN_ISOLATE } from '../isolated-networks.ts'
import { company } from './company.ts'

/** Rules decide about agents that nobody registered, and a webhook says what is left to a human. */

if (!CAN_ISOLATE) process.stderr.write('skipped: rules that block need root, cgroup v2, ip and unshare\n')
const whenPossible = CAN_ISOLATE ? test : test.skip

const RULES = `schema: surety/rules@1
rules:
  - name: no-crush
    match: {product: crush}
    action: block
    reason: Crush is not approved. Ask the help desk for another agent.
  - name: developers
    match: {product: kilo, verdict: compliant}
    action: register
    template: {purpose: software development, owner: ada@example.org, review-after: 90d}
zombies:
  duplicate: report
`

whenPossible(
  'a rule registers an agent and blocks one; a webhook gets a third and a zombie',
  async () => {
    await using here = await company()
    await using receiver = await startReceiver()
    const [device] = here.devices
    if (device === undefined) throw new Error('one device')
    await here.run('humans', 'add', 'ada', '--email', 'ada@example.org')
    const secretFile = join(here.folder, 'webhook.secret')
    const kinds = 'agent-unknown,zombie-found'
    await here.run('webhooks', 'add', receiver.url, '--events', kinds, '--out', secretFile)

    // Tried first: what is here already is left to a human.
    const third = device.start('cline-cli')
    await here.seen('cline-cli')
    const file = join(here.folder, 'rules.yaml')
    writeFileSync(file, RULES)
    expect(await here.run('rules', 'test', file)).toContain('left to a person: 1 unregistered agent without a rule')
    await here.run('rules', 'set', file)

    const [approved, refused] = [device.start('kilo'), device.start('crush')]
    const [registered] = await here.until(
      'the rule to register',
      () => here.inbox('?product=kilo&state=registered'),
      (seen) => seen.length > 0,
    )
    expect(await here.registration(registered?.registration?.id ?? '')).toMatchObject({
      state: 'active',
      ownerName: 'ada',
      purpose: 'software development',
      criteria: { products: ['kilo'] },
      creator: { person: { name: 'rule developers' } },
    })
    const [blocked] = await here.until(
      'the rule to block',
      () => here.inbox('?product=crush&state=blocked'),
      (seen) => seen.length > 0,
    )
    await here.until(
      'it to be frozen',
      () => refused.grows(),
      (grows) => !grows,
    )
    expect(await here.answers(blocked?.stop ?? '')).toMatchObject([{ state: 'frozen', agents: 1 }])
    await approved.goesOn()
    await third.goesOn()
    const decided = await here.run('events', 'list', '--kind', 'rule-decided')
    for (const rule of ['no-crush', 'developers']) expect(decided).toContain(rule)

    // The third waits: registered for one instance, of which a second one starts.
    const waiting = await here.inbox()
    expect(waiting).toMatchObject([{ product: 'cline-cli' }])
    const id = waiting[0]?.id ?? ''
    await here.run('inbox', 'register', id, '--purpose', 'one at a time', '--any-workspace', '--single')
    device.start('cline-cli', 'second')
    await here.until(
      'two instances',
      () => here.inbox('?product=cline-cli&state=registered'),
      ([one]) => one?.running === 2,
    )
    expect(await here.run('zombies', 'sweep', '--wait')).toContain('duplicate')
    expect(await here.run('zombies', 'list')).toContain('duplicate')

    const told = () => receiver.got.map(({ body }) => JSON.parse(body))
    await here.until('the webhook', told, (got) => got.some(({ type }) => type === 'zombie-found'))
    expect(told()).toContainEqual(
      expect.objectContaining({
        type: 'agent-unknown',
        data: expect.objectContaining({ facts: expect.objectContaining({ agent: 'cline-cli' }) }),
      }),
    )
    const secret = readFileSync(secretFile, 'utf8').trim().replace('whsec_', '')
    for (const { headers, body } of receiver.got) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
      const expected = createHmac('sha256', Buffer.from(secret, 'base64')).update(signed).digest('base64')
      expect(headers['webhook-signature']).toBe(`v1,${expected}`)
    }
    expect(await here.run('webhooks', 'list')).toContain('active')
  },
  scaledMs(300_000),
)
