import { Type } from '../base/schema.ts'
import { DEFAULT_ORGANISATION } from '../protocol/nouns/agents/registrations.ts'
import { defaultPaths } from '../system/platform/this-platform.ts'
import { logSettingsOn } from './log-settings.ts'
import { type ConfigInit, type LoadedConfig, loadProgramConfig } from './program-config.ts'
import {
  choiceSetting,
  numberSetting,
  optionalPathSetting,
  optionalSetting,
  pathSetting,
  setting,
  switchSetting,
  type Values,
} from './settings.ts'

/** The settings of `surety-directory`. */

const MINUTE_MS = 60_000

const PATHS = defaultPaths().directory
export const DIRECTORY_PREFIX = 'SURETY_DIRECTORY_'

const host = Type.String({ pattern: '^[A-Za-z0-9.:_-]+$', maxLength: 253 })
const port = { minimum: 0, maximum: 65_535 }

export const directorySettings = {
  data: pathSetting(PATHS.dataFolder, 'folder of the database, the keys and the first administrator token'),
  names: setting(Type.Array(host, { maxItems: 16 }), [], {
    expected: 'host names and IP addresses, separated by commas on a command line',
    about: 'names of this server for devices and administrators; default: its host name, localhost, loopback',
  }),
  'devices.host': setting(host, '0.0.0.0', {
    expected: 'an IP address or host name',
    about: 'address on which to listen for devices',
  }),
  'devices.port': numberSetting(port, 7443, 'port for devices; 0: any free port'),
  'devices.url': optionalSetting(Type.String({ pattern: '^wss://[^\\s/?#@]+$', maxLength: 300 }), {
    expected: 'wss://HOST:PORT',
    about: 'address in enrolment strings; default: the first of the names, and the port for devices',
  }),
  'devices.channelBinding': choiceSetting(
    ['required', 'off'],
    'required',
    'off only behind a proxy that ends TLS: attestations are then not bound to a connection',
  ),
  'api.host': setting(host, '127.0.0.1', {
    expected: 'an IP address or host name',
    about: 'address on which to listen for administrators',
  }),
  'api.port': numberSetting(port, 7444, 'port for administrators; 0: any free port'),
  'api.requestsPerMinute': numberSetting(
    { minimum: 60, maximum: 10_000_000 },
    60_000,
    'requests of one administrator or service in a minute, also all at once; more are refused, stops never',
  ),
  'console.host': setting(host, '127.0.0.1', {
    expected: 'an IP address or host name',
    about: 'address on which the console listens; any but loopback needs a certificate',
  }),
  'console.port': numberSetting(port, 7445, 'port of the console; 0: any free port'),
  'console.url': optionalSetting(Type.String({ pattern: '^https?://[^\\s/?#@]+$', maxLength: 300 }), {
    expected: 'https://NAME, with a port if it is not 443',
    about: 'address of the console for people, also that of a proxy; default: http://localhost and the port',
  }),
  'console.certificate': optionalPathSetting(
    'PEM file with the certificate of the console and those of its CA; read again when it changes',
  ),
  'console.key': optionalPathSetting('PEM file with the private key of this certificate'),
  'console.acme.url': optionalSetting(Type.String({ pattern: '^https?://[^\\s?#@]+$', maxLength: 300 }), {
    expected: 'https://NAME/PATH, as https://acme-v02.api.letsencrypt.org/directory',
    about: 'ACME server that gives the certificate of the console, in place of console.certificate',
  }),
  'console.acme.agreeToTerms': switchSetting(false, 'you agree to the terms of service of the ACME server'),
  'console.acme.email': optionalSetting(Type.String({ pattern: '^[^\\s@,]+@[^\\s@,]+$', maxLength: 254 }), {
    expected: 'an e-mail address',
    about: 'where the ACME server writes about the account; some need it',
  }),
  'console.acme.port': numberSetting(
    { minimum: 1, maximum: 65_535 },
    80,
    'port at which the ACME server looks for its proof (HTTP-01), open while it does; a server of the internet looks at port 80',
  ),
  'console.acme.caFile': optionalPathSetting('PEM file with the CA of an ACME server that Node does not know'),
  'console.oidc.issuer': optionalSetting(Type.String({ pattern: '^https?://[^\\s?#@]+$', maxLength: 300 }), {
    expected: 'https://NAME, as the identity provider spells it',
    about: 'identity provider (OpenID Connect) at which people may sign in to the console',
  }),
  'console.oidc.clientId': optionalSetting(Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$' }), {
    expected: 'a text without blanks',
    about: 'what the identity provider calls this directory',
  }),
  'console.oidc.clientSecretFile': optionalPathSetting(
    'file with the secret that belongs to it; others may not read it',
  ),
  'console.oidc.roles': setting(Type.Array(Type.String({ pattern: '^.{1,250}=[a-z]{1,16}$' }), { maxItems: 64 }), [], {
    expected: 'GROUP=ROLE, separated by commas on a command line',
    about: 'roles that groups of the identity provider give; default: none',
  }),
  trustAnchors: optionalPathSetting(
    'folder with the CA certificates of TPM makers (PEM or DER); default: trust-anchors in the data folder',
  ),
  attestEveryMs: numberSetting(
    { minimum: MINUTE_MS, maximum: 7 * 24 * 60 * MINUTE_MS },
    60 * MINUTE_MS,
    'how often each device must attest again',
  ),
  'enrolment.pending': choiceSetting(
    ['token', 'unproven', 'all'],
    'token',
    'which new devices wait for a person: as their token says, those whose key no known maker vouches for, or all',
  ),
  'stops.confirmAbove': numberSetting(
    { minimum: 0, maximum: 1_000_000 },
    50,
    'a stop of more devices waits for a second person; 0: every stop does',
  ),
  'stops.emergency': switchSetting(true, 'one person may put such a stop in force for an hour'),
  'register.organisation': setting(Type.String({ pattern: '^[a-z0-9._-]{1,255}$' }), DEFAULT_ORGANISATION, {
    expected: 'a domain in lower case',
    about: 'trust domain in the SPIFFE ids of agents: spiffe://ORGANISATION/agent/ID',
  }),
  'register.onDeviation': choiceSetting(
    ['record', 'suspend'],
    'record',
    'what follows when an agent differs from its registration: only a record, or its suspension',
  ),
  'record.forward': setting(
    Type.Array(
      Type.String({
        pattern: '^[a-z][a-z0-9-]{0,63} (file|hec|syslog) [^\\s,]+( (ca|token)=[^\\s,]+)*$',
        maxLength: 2048,
      }),
      {
        maxItems: 16,
      },
    ),
    [],
    {
      expected: '"NAME file PATH", "NAME syslog HOST:PORT ca=FILE" or "NAME hec https://HOST token=FILE ca=FILE"',
      about: 'where every entry of the record is sent: a file, syslog over TLS, or the HTTP Event Collector of Splunk',
    },
  ),
  'record.keepDays': numberSetting(
    { minimum: 0, maximum: 36_500 },
    0,
    'days after which content of the record is removed and only its hashes are kept, at least 184; 0: never',
  ),
  'record.origin': optionalSetting(Type.String({ pattern: '^[^\\s+\\x00-\\x1f]{1,200}$' }), {
    expected: 'a name without blanks and plus signs, as directory.example.org/record',
    about:
      'name of the log of the record, which its checkpoints have; default: one that its key gives. Never change it',
  }),
  'record.pkcs11.module': optionalPathSetting('library of the PKCS#11 token that holds the key of the record'),
  'record.pkcs11.tokenLabel': optionalSetting(Type.String({ minLength: 1, maxLength: 32 }), {
    expected: '1 to 32 characters',
    about: 'label of that token; default: the only one',
  }),
  'record.pkcs11.pinFile': optionalPathSetting('file with the PIN of that token, readable by the directory only'),
  'record.witnesses': setting(
    Type.Array(Type.String({ pattern: '^[^\\s,]+ https?://[^\\s,]+$', maxLength: 1024 }), { maxItems: 16 }),
    [],
    {
      expected: '"KEY https://ADDRESS", separated by commas on a command line',
      about: 'witnesses that cosign the record, as surety audit witness prints them; each with its public key',
    },
  ),
  'scim.guardPercent': numberSetting(
    { minimum: 1, maximum: 100 },
    10,
    'SCIM may deactivate this part of all people within an hour and end this part of all agents, and always 5; 100: all',
  ),
  'webhooks.privateAddresses': switchSetting(false, 'webhooks may reach private networks'),
  'messages.digest': setting(Type.String({ pattern: '^(off|([a-z,-]{3,27} )?[0-2]\\d:[0-5]\\d)$' }), '09:00', {
    expected: 'off, or a time such as 09:00, after some days if not every day: mon-fri 09:00',
    about: 'when people get the digest of what waits for them; messages about stops are sent at once',
  }),
  'messages.timeZone': optionalSetting(Type.String({ pattern: '^[A-Za-z0-9_+/-]{1,64}$' }), {
    expected: 'the name of a time zone, such as Europe/Berlin',
    about: 'time zone of the digest and the quiet hours; default: that of this server',
  }),
  'messages.quietHours': optionalSetting(Type.String({ pattern: '^[0-2]\\d:[0-5]\\d-[0-2]\\d:[0-5]\\d$' }), {
    expected: 'two times of day, such as 20:00-07:00',
    about: 'when messages wait that are not urgent; default: none',
  }),
  'messages.mail.host': optionalSetting(host, {
    expected: 'an IP address or host name',
    about: 'mail server for messages; default: no mail',
  }),
  'messages.mail.port': numberSetting({ minimum: 1, maximum: 65_535 }, 587, 'port of the mail server'),
  'messages.mail.tls': choiceSetting(
    ['usual', 'starttls', 'implicit', 'off'],
    'usual',
    'TLS to the mail server; usual: implicit on port 465, off on this machine, else starttls, without which nothing is sent',
  ),
  'messages.mail.ca': optionalPathSetting(
    'PEM file with the only certificates that are trusted for the mail server; default: public certificate authorities',
  ),
  'messages.mail.from': optionalSetting(Type.String({ pattern: '^[^\\s@<>,"]{1,64}@[A-Za-z0-9.-]{1,189}$' }), {
    expected: 'an e-mail address',
    about: 'sender of mail',
  }),
  'messages.mail.user': optionalSetting(Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$' }), {
    expected: 'a text without blanks',
    about: 'user at the mail server; default: none signs in',
  }),
  'messages.mail.passwordFile': optionalPathSetting('file with the password of this user; others may not read it'),
  'messages.slack.urlFile': optionalPathSetting(
    'file with the URL of an incoming webhook of Slack, for a channel of administrators; others may not read it',
  ),
  'messages.teams.urlFile': optionalPathSetting(
    'file with the URL of a webhook workflow of Microsoft Teams, for such a channel; others may not read it',
  ),
  'scim.agents': switchSetting(false, 'SCIM also has agents, by drafts whose shape may change'),
  ...logSettingsOn(defaultPaths()),
} as const

export type DirectoryConfig = Values<typeof directorySettings>

/** What the commands take from the environment: see `client.ts`. */
export const CLIENT_VARIABLES = {
  url: `${DIRECTORY_PREFIX}URL`,
  token: `${DIRECTORY_PREFIX}TOKEN`,
  ca: `${DIRECTORY_PREFIX}CA`,
  profile: `${DIRECTORY_PREFIX}PROFILE`,
} as const

const LOCATIONS = {
  prefix: DIRECTORY_PREFIX,
  otherVariables: Object.values(CLIENT_VARIABLES),
  file: PATHS.configFile,
  policyFolder: PATHS.policyFolder,
}

/** @throws what `loadProgramConfig` throws. */
export function loadDirectoryConfig(init: ConfigInit = {}): LoadedConfig<typeof directorySettings> {
  return loadProgramConfig(directorySettings, LOCATIONS, init)
}
