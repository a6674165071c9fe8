import { isSecretMember, looksSecret } from '../../../src/discovery/mcp/secret-shape.ts'

const DOLLAR = '$'
const TOKEN = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.c`

test.each(['', 'Bearer ', '--token=', 'x/', '"'])('a web token behind %j is a secret', (before) => {
  expect([looksSecret(before + TOKEN), looksSecret(before + TOKEN.slice(0, 20))]).toEqual([true, false])
})

test.each([`${DOLLAR}{TOKEN}`, `Bearer ${DOLLAR}{TOKEN:-${DOLLAR}{OTHER}}`, '{env:TOKEN}', '$TOKEN', '%TOKEN%'])(
  '%s names a secret',
  (value) => {
    expect([isSecretMember('token', value), isSecretMember('token', 'canarycanary')]).toEqual([false, true])
  },
)

test.each(['-eyJ', 'eyJ', 'sk-', 'ya29.', 'a:', `${DOLLAR}{`, '{env:', '-----BEGIN ', 'https://a:', '%a'])(
  'a long text of nothing but %j takes no time',
  (part) => {
    const text = part.repeat(Math.ceil((128 * 1024) / part.length))
    const { user } = process.cpuUsage()
    looksSecret(`x${text}`)
    isSecretMember('token', `x${text}`)
    expect(process.cpuUsage().user - user).toBeLessThan(500_000)
  },
)
