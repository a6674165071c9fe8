import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ERROR_CODES } from '../../src/base/errors.ts'
import { run as runSurety } from '../cli/surety-runs.ts'
import { startTestDirectory, type TestDirectory } from '../support/directory/directory-api.ts'
import { runCommand } from '../support/directory/run-commands.ts'
import { seedDevice } from '../support/directory/seeded-directory.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Wrong inputs of people: the exit code, one line that ends in a code and says what to do, and nothing changed. */

let directory: TestDirectory
let device = ''
const files = temporaryFolder()
const at = (name: string) => join(files.path, name)

beforeAll(async () => {
  directory = await startTestDirectory()
  device = (await seedDevice(directory)).device
  await seedDevice(directory, (await import('../support/protocol/test-keys.ts')).testKey('second'))
  mkdirSync(at('folder'))
  writeFileSync(at('empty'), '')
  writeFileSync(at('text'), 'root:x:0:0:root\n')
  writeFileSync(at('binary'), new Uint8Array([0, 255, 254, 1]))
  writeFileSync(at('there'), 'kept')
  writeFileSync(at('large'), '# '.repeat(5_000_000))
  writeFileSync(at('profile'), '{}', { mode: 0o600 })
  writeFileSync(at('open-profile'), readFileSync(directory.profileFile), { mode: 0o644 })
  writeFileSync(at('catalogue'), '{"schema":"surety/catalogue@1","version":"six"}')
})
afterAll(async () => {
  files[Symbol.dispose]()
  await directory[Symbol.asyncDispose]()
})

/** Of all tables. */
function register(): string {
  const database = new DatabaseSync(join(directory.folder, 'directory.sqlite'), { readOnly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all()
    return JSON.stringify(tables.map(({ name }) => [name, database.prepare(`SELECT * FROM "${name}"`).all()]))
  } finally {
    database.close()
  }
}

const SCHEMA_LANGUAGE =
  /additionalProperties|oneOf|anyOf|allOf|must match|pattern|schema is|does not fit its schema|required properties|fewer than|\^\[|equal to constant/
/** Imperatives, and lists of what may stand there. */
const ACT =
  /\b(run|give|list|expected|one of|from \d+\w? to|a whole number|take|look|remove|mend|make|start|use|write|leave|set|save|check|change|read|name|the commands are|similar|did you mean|must|lacks|chmod|allowed choices are)\b/i

function expectRefusal(said: { out: string; err: string; exitCode: number }, exitCode: number, words: RegExp): void {
  expect({ exitCode: said.exitCode, out: said.out, err: said.err }).toEqual({
    exitCode,
    out: '',
    err: expect.stringMatching(words),
  })
  expect(said.err.split('\n')).toHaveLength(2)
  const [, code = ''] = /\[([A-Z_]+)\]\n$/.exec(said.err) ?? []
  expect(ERROR_CODES).toContain(code)
  expect(said.err.split(code)).toHaveLength(2)
  expect(said.err).not.toMatch(SCHEMA_LANGUAGE)
  expect(ACT.test(said.err) || SELF_EVIDENT.test(said.err)).toBe(true)
  expect(said.err.length).toBeLessThan(1_500)
}

/** The fault is all there is to say. */
const SELF_EVIDENT =
  /there is no (file|folder)|no such file|is not a regular file|has more than \d+ bytes|instead of 2: DEVICE,OWNER|has no update repository|is not a setting/

const README = resolve(import.meta.dirname, '../../README.md')
const ID = 'dev_AAAAAAAAAAAAAAAAAAAAAA'
const LONG = 'x'.repeat(3_000)

/** Words, exit code, and what is said. `DEVICE` is a device that is there. */
const OF_THE_DIRECTORY: readonly (readonly [readonly string[], number, RegExp])[] = [
  // words that are no commands
  [['nonsense'], 2, /unknown command 'nonsense'/],
  [['device', 'list'], 2, /unknown command 'device' \(Did you mean devices\?\)/],
  [['devices', 'lst'], 2, /unknown command 'lst' \(Did you mean list\?\)/],
  [['DEVICES', 'list'], 2, /unknown command/],
  [['devices', 'list', 'more'], 2, /too many arguments for 'list'/],
  [['token', 'create', 'x', '--owner', 'y'], 2, /too many arguments/],
  [['help', 'nosuch'], 2, /unknown command "nosuch"/],
  [['help', 'devices', 'nosuch'], 2, /unknown command "nosuch": the commands are list/],
  [['\u001b[2J'], 2, /unknown command '\\x1b\[2J'/],
  [['a\nb'], 2, /unknown command 'a/],
  [[LONG], 2, /unknown command/],
  [['constructor'], 2, /unknown command/],
  // options
  [['--nonsense'], 2, /unknown option '--nonsense'/],
  [['devices', 'list', '--nonsense'], 2, /unknown option '--nonsense'/],
  [['devices', 'list', '--verdit', 'stale'], 2, /unknown option '--verdit'.*Did you mean --verdict/],
  [['devices', 'list', '-x'], 2, /unknown option '-x'/],
  [['devices', 'list', '--verdict'], 2, /argument missing/],
  [['devices', 'list', '--json=yes'], 2, /unknown option '--json=yes'/],
  [['version', '--profile', 'p'], 2, /'--profile <file>' has no use here/],
  [['--context', 'c', 'explain', 'CONFLICT'], 2, /'--context <name>' has no use here/],
  // required ones
  [['token', 'create'], 2, /required option '--owner <name>' not specified/],
  [['devices', 'retire', ID], 2, /required option '--reason <text>' not specified/],
  [['devices', 'order', ID, 'attest'], 2, /required option '--reason <text>' not specified/],
  [['devices', 'retire', '--reason', 'x'], 2, /missing required argument 'device'/],
  [['devices', 'order', ID, '--reason', 'x'], 2, /missing required argument 'kind'/],
  [['devices', 'show'], 2, /missing required argument 'device'/],
  [['administrators', 'add', 'ada'], 2, /required option '--role <role>' not specified/],
  [['services', 'add', 'vpn'], 2, /required option '--scope <scope>' not specified/],
  [['evidence', 'export', ID], 2, /required option '--out <file>' not specified/],
  [['policy', 'set'], 2, /missing required argument 'file'/],
  [['catalogue', 'set'], 2, /missing required argument 'file'/],
  [['explain'], 2, /missing required argument 'code'/],
  [['completion'], 2, /missing required argument 'shell'/],
  // empty ones
  [['token', 'create', '--owner', ''], 2, /'--owner <name>' is empty/],
  [['token', 'create', '--owner='], 2, /'--owner <name>' is empty/],
  [['token', 'create', '--owner', 'a', '--serial', ''], 2, /'--serial <number>' is empty/],
  [['token', 'create', '--owner', 'a', '--out', ''], 2, /'--out <file>' is empty/],
  [['devices', 'retire', 'DEVICE', '--reason', ''], 2, /'--reason <text>' is empty/],
  [['devices', 'order', 'DEVICE', 'attest', '--reason', ''], 2, /'--reason <text>' is empty/],
  [['mcp', 'list', '--device', ''], 2, /'--device <device>' is empty/],
  [['agents', 'list', '--key', ''], 2, /'--key <key>' is empty/],
  [['agents', 'list', '--product', ''], 2, /'--product <key>' is empty/],
  [['events', 'list', '--device', ''], 2, /'--device <device>' is empty/],
  [['devices', 'show', ''], 2, /argument <device> is empty/],
  [['token', 'revoke', '', '--yes'], 2, /argument <token> is empty/],
  [['policy', 'check', ''], 2, /argument <file> is empty/],
  [['devices', 'list', '--profile', ''], 2, /'--profile <file>' is empty/],
  [['devices', 'label', 'DEVICE', ''], 2, /argument <.*> is empty/],
  // words of choices
  [['devices', 'list', '--verdict', 'fine'], 2, /a verdict is one of compliant, not-compliant, no-verdict, stale/],
  [['token', 'create', '--owner', 'a', '--minimum-tier', 'gold'], 2, /a tier is one of tpm-attested/],
  [['devices', 'order', 'DEVICE', 'freeze', '--reason', 'x'], 2, /an order is one of/],
  [['events', 'list', '--kind', 'gibberish'], 2, /"gibberish" is no kind of event; list them with .* events kinds/],
  [['events', 'list', '--kind', 'stop-create'], 2, /similar: stop-created, .*; list them with/],
  [['administrators', 'add', 'ada', '--role', 'root'], 2, /a role is one of viewer/],
  [['services', 'add', 'vpn', '--scope', 'all'], 2, /a scope is one of/],
  [['events', 'export', '--format', 'xml'], 2, /Allowed choices are jsonl, syslog/],
  [['completion', 'csh'], 2, /Allowed choices are bash, zsh, fish/],
  // numbers and times
  [['token', 'create', '--owner', 'a', '--ttl', 'soon'], 2, /'soon' is invalid/],
  [['token', 'create', '--owner', 'a', '--ttl', '59s'], 2, /from 1m to 30d/],
  [['token', 'create', '--owner', 'a', '--ttl', '3650d'], 2, /from 1m to 30d/],
  [['token', 'create', '--owner', 'a', '--ttl', '-1d'], 2, /'-1d' is invalid/],
  [['administrators', 'add', 'ada', '--role', 'viewer', '--expires', '9999d'], 2, /from 1m to 366d/],
  [['events', 'list', '--since', 'soon'], 2, /expected a time such as 90m, 24h, 7d, 2026-11-28/],
  [['events', 'list', '--since', '2026-02-30'], 2, /expected a time/],
  [['events', 'list', '--since', '9999-01-01'], 2, /not in the future/],
  [['events', 'list', '--last', '0'], 2, /a whole number from 1/],
  [['events', 'list', '--last', '1e3'], 2, /a whole number from 1/],
  [['events', 'export', '--after', 'x'], 2, /an event id is a whole number/],
  [['agents', 'list', '--new', '-1'], 2, /a whole number from 0/],
  [['agents', 'list', '--rare', '0'], 2, /a whole number from 1/],
  [['agents', 'list', '--idle', '1.5'], 2, /a whole number from/],
  [['policy', 'show', 'x'], 2, /invalid/],
  [['policy', 'rollback', '-1'], 2, /invalid|unknown option/],
  [['policy', 'test', 'f', '--against', '9999d'], 2, /invalid/],
  // names and ids
  [['devices', 'show', ID], 1, /DEVICE_UNKNOWN/],
  [['devices', 'show', 'dev_'], 1, /at least eight characters/],
  [['devices', 'show', 'nowhere'], 1, /no device has the id, host name, serial number or owner "nowhere"/],
  [['devices', 'show', '../tokens'], 1, /no device has the id, host name/],
  [['devices', 'show', LONG], 1, /no device has the id, host name/],
  [['devices', 'retire', 'nowhere', '--reason', 'x', '--yes'], 1, /no device has the id, host name/],
  [['devices', 'order', 'nowhere', 'attest', '--reason', 'x'], 1, /no device has the id, host name/],
  [['mcp', 'list', '--device', 'nowhere'], 1, /no device has the id, host name/],
  [['evidence', 'export', 'nowhere', '--out', 'FILES/new'], 1, /no device has the id, host name/],
  [['token', 'revoke', 'tok_x', '--yes'], 1, /surety-directory tokens list/],
  [['token', 'revoke', 'tok_AAAAAAAAAAAAAAAAAAAAAA', '--yes'], 1, /there is no token/],
  [['re-enrolments', 'approve', '..'], 1, /List them with: surety-directory re-enrolments list/],
  [['re-enrolments', 'deny', 'ren_AAAAAAAAAAAAAAAAAAAAAA'], 1, /NOT_FOUND/],
  [['agents', 'show', 'nowhere'], 1, /NOT_FOUND|DEVICE_UNKNOWN/],
  [['agents', 'show', 'DEVICE', '4'], 1, /"4"/],
  [['administrators', 'revoke', 'nobody', '--yes'], 1, /NOT_FOUND/],
  [['administrators', 'role', 'nobody', 'viewer'], 1, /NOT_FOUND/],
  [['administrators', 'add', 'a b', '--role', 'viewer'], 1, /name/],
  [['services', 'revoke', 'nobody', '--yes'], 1, /NOT_FOUND/],
  [['policy', 'show', '99'], 1, /NOT_FOUND/],
  [['policy', 'rollback', '99'], 1, /NOT_FOUND/],
  [['devices', 'label', 'DEVICE', 'Team=x'], 1, /write key=value/],
  [['devices', 'label', 'DEVICE', 'x'], 1, /write key=value/],
  [['explain', 'NOPE'], 1, /no error code is "NOPE"/],
  [['context', 'use', 'nosuch'], 1, /make one with: surety-directory login/],
  // texts that are too long, or without a letter to read
  [['token', 'create', '--owner', LONG], 1, /owner: must have at most \d+ characters/],
  [['token', 'create', '--owner', '\u200b'], 1, /owner/],
  [['devices', 'retire', 'DEVICE', '--yes', '--reason', LONG], 1, /reason: must have at most \d+ characters|too large/],
  // files
  [['catalogue', 'set', '/nowhere'], 1, /there is no file/],
  [['catalogue', 'set', 'FILES/text'], 1, /is not a catalogue: expected JSON/],
  [['catalogue', 'set', 'FILES/empty'], 1, /is not a catalogue: expected JSON/],
  [['catalogue', 'set', 'FILES/folder'], 1, /not a regular file/],
  [['catalogue', 'set', 'FILES/catalogue'], 1, /catalogue/],
  [['policy', 'check', '/nowhere'], 1, /there is no file/],
  [['policy', 'check', 'FILES/text'], 1, /not a policy: expected YAML/],
  [['policy', 'check', 'FILES/binary'], 1, /is no text in UTF-8/],
  [['catalogue', 'set', 'FILES/binary'], 1, /is no text in UTF-8/],
  [['policy', 'check', 'FILES/folder'], 1, /not a regular file/],
  [['policy', 'check', 'FILES/large'], 1, /FILE_TOO_LARGE/],
  [['policy', 'set', 'FILES/empty'], 1, /not a policy: expected YAML/],
  [['evidence', 'export', 'DEVICE', '--out', 'FILES/there'], 1, /exists already/],
  [['token', 'create', '--owner', 'a', '--out', 'FILES/there'], 1, /exists already/],
  [['token', 'create', '--owner', 'a', '--out', '/nowhere/x'], 1, /cannot write/],
  // what finds, acts on and enrols many devices
  [
    ['devices', 'list', '--failing', 'disk.encryption'],
    1,
    /no check "disk.encryption". Similar: disk.root-encrypted, /,
  ],
  [['devices', 'list', '--failing', 'nosuch'], 1, /there is no check "nosuch". The checks: disk.root-encrypted, /],
  [['devices', 'list', '--failing', 'NO CHECK'], 1, /there is no check "NO CHECK"/],
  [['devices', 'list', '--label', 'role'], 2, /a label is written NAME=VALUE/],
  [['devices', 'list', '--sort', 'colour'], 2, /a column is one of id, owner/],
  [['devices', 'list', '--limit', '0'], 2, /a whole number from 1/],
  [['devices', 'list', '--older-than', 'yesterday'], 2, /a time is a number and s, m, h or d/],
  [['devices', 'list', '-o', 'xml'], 2, /a format is one of table, wide, csv, tsv, json, jsonl, yaml, id/],
  [['devices', 'list', '--columns', 'nosuch'], 2, /there is no column "nosuch"/],
  [['devices', 'list', '--name', LONG], 1, /name/],
  [['checks', 'list', '-o', 'xml'], 2, /a format is one of/],
  [['devices', 'retire', 'DEVICE', '--reason', 'x'], 1, /give --yes/],
  [['administrators', 'revoke', 'ada'], 1, /give --yes/],
  [['administrator', 'reset'], 1, /give --yes/],
  [['devices', 'order', 'DEVICE', 'attest', '--reason', 'x', '--wait', 'long'], 2, /a time is a number/],
  [['devices', 'orders', 'nowhere'], 1, /no device has the id, host name/],
  [['devices', 'set', 'DEVICE'], 2, /required option '--owner <name>' not specified/],
  [['devices', 'set', 'DEVICE', '--owner', '\u200b'], 1, /owner/],
  [['re-enrolments', 'approve', 'nowhere', '--reason', 'x'], 1, /re-enrolments list/],
  [['token', 'create', '--owner', 'a', '--uses', '0'], 2, /a whole number from 1 to 100000/],
  [['token', 'create', '--owner-from', '/nowhere'], 1, /there is no file/],
  [['token', 'create', '--owner-from', 'FILES/text'], 1, /line 1: 1 columns instead of 2/],
  [['token', 'create', '--owner-from', 'FILES/binary'], 1, /is no text in UTF-8: save it as UTF-8/],
  [['preregistrations', 'add', 'FILES/empty'], 1, /no device is in it/],
  [['preregistrations', 'add', 'FILES/folder'], 1, /not a regular file/],
  [['preregistrations', 'add', 'FILES/large'], 1, /FILE_TOO_LARGE/],
  [['preregistrations', 'remove', 'PF-1'], 1, /preregistrations list/],
  // update repositories
  [['updates', 'add', '1.2', '--platform', 'linux-x64', '--from', '/nowhere'], 2, /three numbers, such as 1.2.0/],
  [['updates', 'add', '1.2.0', '--platform', 'linux', '--from', '/nowhere'], 2, /a platform is one of linux-x64/],
  [['updates', 'add', '1.2.0', '--platform', 'linux-x64'], 2, /'--from <folder>' not specified/],
  [['updates', 'promote', '1.2.0', '--percent', '0'], 2, /a whole number from 1 to 100/],
  [['updates', 'promote', '1.2.0', '--percent', '10.5'], 2, /a whole number from 1 to 100/],
  [['updates', 'promote', '1.2.0', '--channel', 'Beta'], 2, /lower-case letters, digits and hyphens/],
  [['updates', 'rotate', 'leaf', '--new-keys', '/nowhere'], 2, /a role is one of root, targets, snapshot, timestamp/],
  // what the message says needs no general advice behind it
  [['policy', 'test', '/nowhere'], 1, /: there is no file \/nowhere \[/],
  [['stops', 'create', '--reason', 'x'], 2, /nothing is selected: give at least one of --all, --device, /],
  [['webhooks', 'add', 'https://h.example.org/', '--events', 'nosuch'], 2, /no kind of event; list them with/],
  [['webhooks', 'add', 'https://h.example.org/', '--events', '*,stop-create'], 2, /similar: stop-created/],
  [['webhooks', 'add', 'http://h.example.org/', '--events', '*'], 2, /give https:\/\/HOST\/PATH, or/],
  [['webhooks', 'add', 'h.example.org', '--events', '*'], 2, /give https:\/\/HOST\/PATH, or/],
  [
    ['webhooks', 'add', 'https://h/', '--events', '*', '--ca', 'FILES/text'],
    1,
    /holds no PEM certificate: give the CA/,
  ],
  [['inbox', 'show', 'nosuch'], 1, /no unregistered agent has the name "nosuch"/],
  [['inbox', 'register', 'nosuch', '--purpose', 'x', '--owner', 'x'], 1, /no unregistered agent has the name "nosuch"/],
  [['stops', 'show', 'nosuch'], 1, /no stop has the name "nosuch"\. List them with/],
  [['policy', 'set', 'README'], 1, /not a policy: expected YAML with schema: surety\/policy@1/],
  [['policy', 'check', 'FILES/empty'], 1, /not a policy: expected YAML with schema: surety\/policy@1/],
  [['rules', 'set', 'README'], 1, /not a file of rules: expected YAML with schema: surety\/rules@1/],
  [['catalogue', 'set', 'README'], 1, /is not a catalogue: expected JSON with "schema": "surety\/catalogue@1"/],
  [['agents', 'list', '--products', 'x'], 2, /unknown option '--products' \(Did you mean --product\?\)/],
  [['stops', 'create', '--key', 'x', '--reason', 'x'], 2, /unknown option '--key' \(Did you mean --product\?\)/],
  [['humans', 'show', 'hum_AAAAAAAAAAAAAAAAAAAAAA'], 1, /there is no person .*\. List them with: .* people list/],
  [['policy', 'show', '99'], 1, /no version 99 of the policy: list them with surety-directory policy history \[/],
  [['backup', 'create', '--to', '/nowhere/x'], 1, /: there is no folder "\/nowhere" \[/],
  [['anchors', 'add', 'README'], 1, /give the maker's CA certificates as PEM or DER \[/],
  [['devices', 'list', '--label', 'nosuch='], 2, /a label is written NAME=VALUE/],
  [['updates', 'list'], 1, /has no update repository.*NOT_FOUND/],
  [['updates', 'verify', '--repository', 'FILES/empty'], 1, /has no update repository.*NOT_FOUND/],
  // where the directory is
  [['devices', 'list', '--profile', '/nowhere'], 2, /there is no profile/],
  [['devices', 'list', '--profile', 'FILES/profile'], 2, /lacks url, ca, token/],
  [['devices', 'list', '--profile', 'FILES/text'], 1, /chmod 600/],
  [['devices', 'list', '--profile', 'FILES/open-profile'], 1, /chmod 600/],
  [['devices', 'list', '--context', 'nosuch'], 1, /no context is named/],
  [['devices', 'list', '--config', '/nowhere'], 2, /no such file/],
  [['config', 'show', '--config', '/nowhere'], 2, /no such file/],
  [['config', 'show', '--log-level', 'loud'], 2, /--log-level: log.level: expected one of error, warn, info, debug/],
  [['config', 'show', '--api-port', '99999'], 2, /--api-port: api.port: expected a whole number from 0 to 65535/],
  [['config', 'show', '--devices-url', 'http://x'], 2, /expected wss:\/\/HOST:PORT/],
  [['serve', '--trust-anchors', 'relative'], 2, /expected an absolute path/],
]

test('there are more than a hundred', () => expect(OF_THE_DIRECTORY.length).toBeGreaterThan(110))

test.each(OF_THE_DIRECTORY)('surety-directory %j: exit code %d', async (words, exitCode, said) => {
  const before = register()
  const args = words.map((word) =>
    word
      .replace(/^DEVICE$/, device)
      .replace('FILES', files.path)
      .replace(/^README$/, README),
  )
  expectRefusal(await runCommand(directory, args), exitCode, said)
  expect(register()).toBe(before)
  expect(readFileSync(at('there'), 'utf8')).toBe('kept')
})

const OF_THE_DEVICE: readonly (readonly [readonly string[], number, RegExp])[] = [
  [['nonsense'], 2, /unknown command 'nonsense'/],
  [['statu'], 2, /unknown command 'statu' \(Did you mean status\?\)/],
  [['status', 'more'], 2, /too many arguments/],
  [['status', '--nonsense'], 2, /unknown option/],
  [['--nonsense', 'status'], 2, /unknown option/],
  [['status', '--socket', ''], 2, /'--socket <path>' is empty/],
  [['--socket', '', 'status'], 2, /'--socket <path>' is empty/],
  [['--socket'], 2, /argument missing/],
  [['--socket', '/s', 'version'], 2, /'--socket <path>' has no use here/],
  [['help', 'nosuch'], 2, /unknown command "nosuch"/],
  [['help', 'agents', 'nosuch'], 2, /unknown command "nosuch"/],
  [['agents', 'nonsense'], 2, /too many arguments|unknown command/],
  [['agents', 'show'], 2, /missing required argument 'id'/],
  [['agents', 'show', ''], 2, /argument <id> is empty/],
  [['agents', 'show', 'a', 'b'], 2, /too many arguments/],
  [['agents', 'show', 'nowhere'], 1, /NOT_FOUND/],
  [['mcp', 'show', 'nowhere'], 1, /NOT_FOUND/],
  [['extensions', 'show', '\u001b[2J'], 1, /NOT_FOUND/],
  [['files', 'show', LONG], 1, /NOT_FOUND/],
  [['explain'], 2, /missing required argument/],
  [['explain', ''], 2, /is empty/],
  [['explain', 'nosuch'], 1, /no check is named "nosuch"/],
  [['explain', 'disk'], 1, /Similar: disk.root-encrypted/],
  [['status', '--lang', 'xx'], 2, /no texts in "xx": give one of en, de/],
  [['explain', 'disk.root-encrypted', '--lang', 'DE'], 2, /give one of en, de/],
  [['check', 'nosuch'], 1, /no check is named/],
  [['check', 'a', 'b'], 2, /too many arguments/],
  [['fix', 'nosuch'], 1, /no check is named/],
  [['flare', '--out', ''], 2, /'--out <file>' is empty/],
  [['schema', 'nosuch'], 1, /List them with: surety schema/],
  [['verify'], 2, /missing required argument 'file'/],
  [['verify', '/nowhere/x'], 1, /: there is no file "\/nowhere\/x" \[FILE_ABSENT\]/],
  [['verify', 'FILES/folder'], 1, /is a folder: give the file of an evidence export/],
  [['freeze'], 2, /name an agent, or stop all with --all \[USAGE_INVALID\]/],
  [['freeze', 'claude-code', '--all'], 2, /name one agent, or --all, and not both/],
  [['release', '--reason', LONG], 2, /give a reason of at most 500 characters/],
  [['explain', 'disk.encryption'], 1, /Similar: disk.root-encrypted, disk.fixed-encrypted/],
  [['fix', 'frewall'], 1, /Similar: network.firewall/],
  [['verify', '/dev/null', '--root', 'short'], 2, /a pin is 43 characters/],
  [['completion', 'csh'], 2, /Allowed choices are/],
  [['mdm', 'render'], 2, /required option '--target <name>'/],
  [['mdm', 'render', '--target', 'puppet'], 2, /Allowed choices are/],
  [['mdm', 'render', '--target', 'jamf', '--out', 'x'], 2, /jamf manages Macs: give --team-id/],
  [['mdm', 'render', '--target', 'jamf', '--team-id', 'abcde12345', '--out', 'x'], 2, /ten capital letters/],
  [['mdm', 'render', '--target', 'gpo', '--out', ''], 2, /'--out <folder>' is empty/],
  [['mdm', 'render', '--target', 'gpo', '--set', 'log.level'], 2, /--set needs KEY=VALUE/],
  [['mdm', 'render', '--target', 'gpo', '--set', '=x'], 2, /--set needs KEY=VALUE/],
  [['mdm', 'render', '--target', 'gpo', '--set', 'keys=tpm', '--set', 'keys=cng'], 2, /names keys twice/],
  [['mdm', 'render', '--target', 'gpo', '--organisation', 'a\nb'], 2, /--organisation must be one line/],
  [['mdm', 'render', '--target', 'gpo', '--set', 'support.owner=a\u0007b'], 2, /must be without control characters/],
  [['mdm', 'render', '--target', 'gpo', '--set', 'log.file=C:\\a\ud800'], 2, /must be without control characters/],
  [
    ['mdm', 'render', '--target', 'gpo', '--set', 'log.levle=warn'],
    1,
    /"log.levle" is not a setting; similar: log.level, /,
  ],
  [['mdm', 'render', '--target', 'gpo', '--set', 'foo=bar'], 1, /: "foo" is not a setting \[/],
  [['mdm', 'render', '--target', 'gpo', '--set', 'log.level=loud'], 1, /--set \(windows\): log.level: expected one of/],
  [['mdm', 'render', '--target', 'gpo', '--set', 'log.file=/var/log/x'], 1, /log.file: expected an absolute path/],
  [['mdm', 'render', '--target', 'ansible', '--set', 'keys=cng'], 1, /--set \(linux\): keys: expected one of/],
  [['\u202estatus'], 2, /unknown command/],
]

test.each(OF_THE_DEVICE)('surety %j: exit code %d', async (words, exitCode, said) => {
  const saved: string[] = []
  const args = words.map((word) => word.replace('FILES', files.path))
  const refused = await runSurety(args, undefined, {
    async saveNew(path) {
      saved.push(path)
    },
    async saveNewFolder(path) {
      saved.push(path)
    },
  })
  expectRefusal(refused, exitCode, said)
  expect(saved).toEqual([])
})

test('with --json, a refusal is one document, also for an unknown command line', async () => {
  const { exitCode, out, err } = await runCommand(directory, ['token', 'create', '--json'])
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
  expect(JSON.parse(err)).toEqual({
    schema: 'surety-directory/error@1',
    error: {
      code: 'USAGE_INVALID',
      message: "required option '--owner <name>' not specified",
      advice: 'For help run: surety-directory tokens create --help',
    },
  })
  const surety = await runSurety('status --json --nonsense')
  expect([surety.exitCode, JSON.parse(surety.err).error.code]).toEqual([2, 'USAGE_INVALID'])
})
