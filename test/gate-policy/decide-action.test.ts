import fc from 'fast-check'
import { gatePolicy } from '../../src/gate-policy/decide-action.ts'
import { DEFAULT_GATE_TEXT } from '../../src/gate-policy/default-gate-policy.ts'
import { readGatePolicy } from '../../src/gate-policy/read-gate-policy.ts'
import { type Asked, network, rulingBy, shell, write } from './asked-actions.ts'

async function rulingOf(action: Asked, { text = 'permit (principal, action, resource);' } = {}) {
  return rulingBy(gatePolicy(await readGatePolicy(text)), action)
}

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

test.each<[string, Asked, string]>([
  ['a command that is too long', shell('x'.repeat(100_000)), 'too-long'],
  ['a command with too many words', shell(Array.from({ length: 9000 }, (_, at) => `w${at}`).join(' ')), 'too-many'],
  ['a command with too many commands', shell('ls;'.repeat(9000)), 'too-many'],
  ['too many paths', write(...Array.from({ length: 129 }, (_, at) => `/x/${at}`)), 'too-many'],
  ['too many hosts', network(...Array.from({ length: 65 }, (_, at) => `${at}.example.org`)), 'too-many'],
  ['a path that is too long', write(`/${'x'.repeat(4096)}`), 'too-long'],
  ['a host that is too long', network('x'.repeat(4097)), 'too-long'],
  ['a folder that is too long', { ...shell('ls'), folder: `/${'x'.repeat(4096)}` }, 'too-long'],
  ['a NUL in a command', shell('ls \0 x'), 'not-text'],
  ['a NUL in a path', write('/etc/sure\0ty'), 'not-text'],
  ['a NUL in a host', network('example.org\0'), 'not-text'],
  ['half of a character in a command', shell('ls \ud800'), 'not-text'],
  ['half of a character in a path', write('/x/\udc00'), 'not-text'],
  ['half of a character in a host', network('\ud800.org'), 'not-text'],
  ['half of a character in a folder', { ...shell('ls'), folder: '/\ud800' }, 'not-text'],
  ['half of a character in the name of a tool', { tool: { kind: 'other', name: '\ud800' } }, 'not-text'],
])('denies %s', async (_, action, rule) => {
  const permit = 'permit (principal, action, resource);'
  expect(await rulingOf(action, { text: permit })).toMatchObject({
    effect: 'deny',
    isNever: false,
    reasons: [{ rule, possible: expect.stringMatching(/./) }],
  })
})

test.each(['', ' ', '"', '$(', '`', '<<', 'ｒｍ -rf /', 'r\u200bm -rf /', '💣 x', '\u{10ffff}', '\\', '${', '~', '['])(
  'decides about %j',
  async (command) => expect(await rulingOf(shell(command))).toMatchObject({ effect: 'allow' }),
)

test('decides about any text, and never throws', async () => {
  const policy = gatePolicy(await readGatePolicy(DEFAULT_GATE_TEXT))
  // Halves of characters, too.
  const unit = fc.oneof(
    fc.constantFrom(...'/~.*$(){}[]<>|;&\'"`\\ \n=@-', 'rm', '\ud800', '\0', '${'),
    fc.string({ maxLength: 3 }),
  )
  const anyText = fc.array(unit, { maxLength: 40 }).map((units) => units.join(''))
  fc.assert(
    fc.property(anyText, anyText, fc.option(anyText, { nil: undefined }), (text, path, folder) => {
      for (const action of [shell(text), write(path, text), network(text, path)]) {
        expect(rulingBy(policy, { ...action, folder, home: folder }).reasons.map(({ rule }) => rule)).not.toContain(
          'error',
        )
      }
    }),
  )
})

const ONLY_FOLDER = `@id("inside") permit (principal, action == Action::"write", resource is File) when { context.inFolder };`

test.each([
  ['a.ts', 'allow'],
  ['/home/ada/project/./a//b', 'allow'],
  ['/home/ada/project/../other', 'deny'],
  ['../other', 'deny'],
  ['/home/ada/project-two/a', 'deny'],
  ['~/other', 'deny'],
  ['~/project/a', 'allow'],
])('says whether %s is in the folder', async (path, effect) => {
  expect(await rulingOf(write(path), { text: ONLY_FOLDER })).toMatchObject({ effect })
})

test('a path that leads elsewhere is denied by either name', async () => {
  const both = write('/home/ada/project/link', '/srv/data')
  expect(await rulingOf(both, { text: ONLY_FOLDER })).toMatchObject({ effect: 'deny', reasons: [{ rule: 'none' }] })
})

test.each<[string, Asked]>([
  ['context.targets.contains("/srv/a")', shell('cat /srv/./a')],
  ['context.targets.contains("/srv/a")', write('/srv//a/')],
  ['context.names.contains(".ssh")', { ...write('~/.ssh/x'), home: undefined }],
  ['context.writes.contains("/srv")', write('/srv/a/b')],
  ['context.writes.contains("/srv")', shell('tee /srv/a/b')],
  ['context.clears.contains("/srv/data")', shell('rm -r /srv/data/*')],
  ['context.isSweeping', shell('rm -r /srv')],
  ['context.commandLower like "*drop table*"', shell('psql -c "DrOp   TaBlE x"')],
  ['resource.name == "example.org"', network('Example.ORG.')],
])('%s holds for its action', async (condition, action) => {
  const text = `permit (principal, action, resource); @id("it") forbid (principal, action, resource) when { ${condition} };`
  expect(await rulingOf(action, { text })).toMatchObject({ effect: 'deny', reasons: [{ rule: 'it' }] })
  expect(await rulingOf(shell('ls'), { text })).toMatchObject({ effect: 'allow' })
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
