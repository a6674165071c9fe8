import { newCedar } from '../../src/cedar/cedar.ts'
import { decider } from '../../src/cedar/decider.ts'
import { decideAction, gatePolicy, type JudgedAction } from '../../src/gate-policy/decide-action.ts'
import { DEFAULT_GATE_TEXT } from '../../src/gate-policy/default-gate-policy.ts'
import { readGatePolicy } from '../../src/gate-policy/read-gate-policy.ts'

const cedar = newCedar()
const decides = decider(() => cedar)
const ADA = { id: '1000', name: 'ada' }

async function rulingOf(
  action: Partial<JudgedAction>,
  { text = DEFAULT_GATE_TEXT, recent = [] as readonly string[] } = {},
) {
  const policy = gatePolicy(await readGatePolicy(text))
  const whole: JudgedAction = { client: 'claude-code', tool: { kind: 'other', name: 'Tool' }, user: ADA, ...action }
  return decideAction(decides, policy, { action: whole, recent, now: 1 })
}
const shell = (command: string) => ({ tool: { kind: 'shell', name: 'Bash' }, command }) as const
const write = (...paths: string[]) =>
  ({ tool: { kind: 'write', name: 'Write' }, paths, folder: '/home/ada/project' }) as const

describe('the default', () => {
  test.each([
    ['ls -la'],
    ['rm -rf build'],
    ['git push origin main'],
    ['psql -c "SELECT 1"'],
    ['terraform plan'],
    ['npm test -- rm'],
  ])('allows %s', async (command) => {
    expect(await rulingOf(shell(command))).toMatchObject({ effect: 'allow', reasons: [], marks: [] })
  })

  test.each([
    ['rm -rf /'],
    ['rm -r -f ~'],
    ['sudo rm --recursive $HOME'],
    ['cd / && /bin/rm -Rf /*'],
    ["bash -c 'rm -rf /'"],
    ['r""m -rf "$HOME"'],
    ['find . | xargs rm -rf /'],
    ['mkfs.ext4 /dev/sda1'],
    ['dd if=/dev/zero of=/dev/sda'],
  ])('denies %s, and nothing lifts it', async (command) => {
    expect(await rulingOf(shell(command))).toMatchObject({ effect: 'deny', isNever: true, approvers: [] })
  })

  test.each([
    ['psql -c "DROP TABLE users"'],
    ['echo "drop table users" | psql'],
    ['terraform destroy -auto-approve'],
    ['kubectl delete namespace production'],
    ['git push --force'],
    ['git push -f origin main'],
    ['cd x; git push origin --delete main'],
  ])('asks the owner for %s', async (command) => {
    expect(await rulingOf(shell(command))).toMatchObject({ effect: 'ask', isNever: false, approvers: ['owner'] })
  })

  test('guards its own files, and keys of people', async () => {
    expect(await rulingOf(write('/etc/surety/suretyd.yaml'))).toMatchObject({ effect: 'deny', isNever: true })
    expect(await rulingOf(write('/home/ada/.ssh/authorized_keys'))).toMatchObject({ effect: 'ask' })
    expect(await rulingOf(write('/home/ada/project/a.ts'))).toMatchObject({ effect: 'allow' })
  })

  test('one path of several is enough for a denial, and a denial wins over a question', async () => {
    const paths = ['/home/ada/project/a.ts', '/home/ada/.ssh/config', '/etc/surety/x']
    expect(await rulingOf(write(...paths))).toMatchObject({
      effect: 'deny',
      reasons: [{ rule: 'keys-of-people' }, { rule: 'surety-files' }],
    })
  })

  test('the network is asked for after a secret', async () => {
    const read = { tool: { kind: 'read', name: 'Read' }, paths: ['/home/ada/.aws/credentials'] } as const
    expect(await rulingOf(read)).toMatchObject({ effect: 'allow', marks: ['secret'] })
    const fetch = { tool: { kind: 'network', name: 'WebFetch' }, hosts: ['example.org'] } as const
    expect(await rulingOf(fetch)).toMatchObject({ effect: 'allow' })
    expect(await rulingOf(fetch, { recent: ['secret'] })).toMatchObject({
      effect: 'ask',
      reasons: [{ rule: 'network-after-secret' }],
    })
  })
})

test('without a rule that permits, nothing is allowed or asked', async () => {
  const text = '@id("no") @ask("owner") forbid (principal, action, resource) when { context.programs.contains("rm") };'
  expect(await rulingOf(shell('ls'), { text })).toMatchObject({ effect: 'deny', reasons: [{ rule: 'none' }] })
})

test('a rule on trial denies nothing, and says what it would', async () => {
  const text = `permit (principal, action, resource);
@id("trial") @shadow("true") @because("no lists") forbid (principal, action == Action::"shell", resource) when { context.programs.contains("ls") };`
  expect(await rulingOf(shell('ls'), { text })).toMatchObject({
    effect: 'allow',
    shadow: [{ rule: 'trial', reason: 'no lists' }],
  })
  expect(await rulingOf(shell('cat x'), { text })).toMatchObject({ effect: 'allow', shadow: [] })
})

test('@never wins over @ask on the same rule', async () => {
  const text = `permit (principal, action, resource);
@id("both") @ask("owner") @never("true") forbid (principal, action == Action::"shell", resource);`
  expect(await rulingOf(shell('ls'), { text })).toMatchObject({ effect: 'deny', isNever: true, approvers: [] })
})

test('a command that is too long is denied', async () => {
  expect(await rulingOf(shell('x'.repeat(100_000)))).toMatchObject({ effect: 'deny', reasons: [{ rule: 'too-long' }] })
})

test.each([
  ['@ask("nobody") forbid (principal, action, resource);', /@ask has these values: "owner", "approver"/],
  ['@never("no") forbid (principal, action, resource);', /@never has one value: "true"/],
  ['@stopped("allow") permit (principal, action, resource);', /there is no annotation @stopped/],
  ['permit (principal, action, resource) when { context.device };', /device/],
  ['permit (principal, action, resource) when { context.server == "x" };', /optional|may not|safe/i],
])('refuses %s', async (text, reason) => {
  await expect(readGatePolicy(text)).rejects.toThrow(reason)
})
