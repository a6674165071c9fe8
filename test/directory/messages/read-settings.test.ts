import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type MessageSettings, readMessageSettings } from '../../../src/directory/messages/read-settings.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const folder = temporaryFolder({ inMemory: true })
const file = (name: string) => join(folder.path, name)
const [passwordFile, urlFile, ca] = [file('password'), file('url'), file('ca.pem')]
const SLACK = 'https://93.184.216.34/services/T0/B0/secret'
beforeEach(() => {
  writeFileSync(passwordFile, 'correct horse\n', { mode: 0o600 })
  writeFileSync(urlFile, `${SLACK}\n`, { mode: 0o600 })
  writeFileSync(ca, '-----BEGIN CERTIFICATE-----\n')
})
afterAll(() => folder[Symbol.dispose]())

const NONE: MessageSettings = { digest: '09:00', timeZone: 'UTC', mail: { port: 587, tls: 'usual' } }
const MAIL = { ...NONE.mail, host: 'smtp.example.org', from: 'surety@example.org' }
const read = (changes: Partial<MessageSettings>) =>
  readMessageSettings({ ...NONE, ...changes }, { privateAddresses: false })
const mailOf = async (changes: Partial<MessageSettings['mail']>) => (await read({ mail: { ...MAIL, ...changes } })).mail

test('there are no media without settings', async () => {
  expect(await read({})).toMatchObject({ digest: '09:00', mail: undefined, slack: undefined, teams: undefined })
})

test('secrets come from files', async () => {
  expect(await mailOf({ user: 'surety', passwordFile })).toMatchObject({
    login: { user: 'surety', password: 'correct horse' },
  })
  expect(await read({ slackUrlFile: urlFile })).toMatchObject({ slack: SLACK })
})

test.each<[Partial<MessageSettings['mail']>, string]>([
  [{}, 'starttls'],
  [{ port: 465 }, 'implicit'],
  [{ port: 465, host: 'localhost' }, 'implicit'],
  [{ host: 'localhost' }, 'off'],
  [{ host: '127.0.0.1' }, 'off'],
  [{ host: '::1' }, 'off'],
  [{ host: 'localhost.example.org' }, 'starttls'],
  [{ host: '127.0.0.1.example.org' }, 'starttls'],
  [{ host: 'localhost', tls: 'starttls' }, 'starttls'],
  [{ tls: 'off' }, 'off'],
])('mail to %j is sent with TLS %s', async (changes, tls) => {
  expect(await mailOf(changes)).toMatchObject({ tls })
})

test('a password may be sent in clear to this machine only', async () => {
  const login = { user: 'surety', passwordFile }
  expect(await mailOf({ ...login, host: 'localhost', tls: 'off' })).toMatchObject({ tls: 'off' })
  await expect(mailOf({ ...login, tls: 'off' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test.each<[string, Partial<MessageSettings>, () => void]>([
  ['a sender without a server', { mail: { ...MAIL, host: undefined } }, () => undefined],
  ['no sender', { mail: { ...MAIL, from: undefined } }, () => undefined],
  ['a sender with a name', { mail: { ...MAIL, from: '"x"@example.org' } }, () => undefined],
  ['a user without a password', { mail: { ...MAIL, user: 'surety' } }, () => undefined],
  ['a password without a user', { mail: { ...MAIL, passwordFile } }, () => undefined],
  ['no password file', { mail: { ...MAIL, user: 'x', passwordFile } }, () => rmSync(passwordFile)],
  ['an empty password', { mail: { ...MAIL, user: 'x', passwordFile } }, () => writeFileSync(passwordFile, '\n')],
  ['a password that others read', { mail: { ...MAIL, user: 'x', passwordFile } }, () => chmodSync(passwordFile, 0o644)],
  ['no certificates', { mail: { ...MAIL, ca } }, () => writeFileSync(ca, 'no certificate')],
  ['no file of certificates', { mail: { ...MAIL, ca } }, () => rmSync(ca)],
  ['a URL that others read', { slackUrlFile: urlFile }, () => chmodSync(urlFile, 0o644)],
  ['a URL without TLS', { slackUrlFile: urlFile }, () => writeFileSync(urlFile, 'http://hooks.example.org/secret')],
  ['the metadata of a cloud', { teamsUrlFile: urlFile }, () => writeFileSync(urlFile, 'https://169.254.169.254/')],
  ['a private network', { teamsUrlFile: urlFile }, () => writeFileSync(urlFile, 'https://10.0.0.1/')],
  ['text that is no URL', { slackUrlFile: urlFile }, () => writeFileSync(urlFile, 'secret')],
  ['a digest at no time', { digest: '25:00' }, () => undefined],
])('refuses %s, and names no secret', async (_, settings, spoil) => {
  spoil()
  const refused = await read(settings).then(
    () => undefined,
    (error: Error) => error,
  )
  expect(refused).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(refused?.message).not.toMatch(/correct horse|example\.org\/secret/)
})
