import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { reader } from '../../../src/base/schema.ts'
import { DOCUMENT_NAMES, documentSchema } from '../../../src/cli/offline/document-schemas.ts'
import { takeInApprovals } from '../../../src/directory/approvals/take-in-approvals.ts'
import { takeInClaims } from '../../../src/directory/claims/take-in-claims.ts'
import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import { setup as machine } from '../../../src/directory/local/setup.ts'
import { HOOK_PROGRAMS } from '../../../src/hooks/hook-files.ts'
import { SIGHTING_KINDS } from '../../../src/protocol/sighting.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { KIND_VIEWS } from '../../../src/view/sightings/sighting-rows.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { seedPendingDevice } from '../../support/directory/pending-device.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { sampleRequest } from '../../support/protocol/approval-samples.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { madeKey } from '../../support/tlog/made-log.ts'
import { makeAuthority } from '../../support/tpm/certificates.ts'
import { ALL, claude } from '../seen-on-a-device.ts'
import { daemonWith, run, SAMPLE_CLAIM } from '../surety-runs.ts'
import { NOT_PRINTED } from './documents-not-printed.ts'

/** What both programs print with `--json` fits the schema that the document names. */

const LIMITS = { maxBytes: 16 * 1024 * 1024, maxDepth: 24 }

/** @throws when it does not fit. @returns the name of its schema. */
function named(text: string): string {
  const { schema: name } = JSON.parse(text)
  const schema = documentSchema(name)
  if (schema === undefined) throw new Error(`no schema ${name}`)
  reader(schema, { name, limits: LIMITS }).readJson(text)
  return name
}

test('every name of a document in the sources has a schema', () => {
  const src = resolve(import.meta.dirname, '../../../src')
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readFileSync(join(src, file), 'utf8').match(/\bsurety(?:-directory)?\/[a-z-]+@\d+/g) ?? [])
  expect(names.length).toBeGreaterThan(30)
  const missing = new Set(names.filter((name) => !DOCUMENT_NAMES.includes(name) && !NOT_PRINTED.includes(name)))
  expect([...missing]).toEqual([])
})

test('a schema is a whole document of JSON Schema, and refuses what does not fit', async () => {
  for (const name of DOCUMENT_NAMES) {
    expect(documentSchema(name)).toMatchObject({ title: name, additionalProperties: false })
    expect(() => named(JSON.stringify({ schema: name, unknownMember: 1 }))).toThrow(/does not fit its schema/)
  }
  const { out } = await run('status --json')
  expect(() => named(out.replace('"findings"', '"findingz"'))).toThrow(/does not fit its schema/)
})

test('surety: every document fits', async () => {
  const status = sampleStatus({ sightings: [...ALL] })
  const daemon = daemonWith(status)
  const shows = SIGHTING_KINDS.flatMap((kind) => {
    const { id } = status.sightings.find((one) => one.kind === kind) ?? {}
    return id === undefined ? [] : [`${KIND_VIEWS[kind].command} show ${id}`]
  })
  const lists = SIGHTING_KINDS.map((kind) => KIND_VIEWS[kind].command)
  const commands = [
    ...['status', 'enrolment', ...lists, ...shows, 'refresh', 'config show', 'version', 'schema', 'verify /dev/null'],
    ...['explain disk.root-encrypted', 'explain TIER_TOO_LOW', 'check', 'fix', 'flare --list'],
    ...['status', ...lists, ...shows, 'refresh', 'config show', 'version', 'schema', 'verify /dev/null'],
    ...[
      'explain disk.root-encrypted',
      'explain TIER_TOO_LOW',
      'check',
      'fix',
      'flare --list',
      'mdm render --target gpo',
    ],
    ...['status', ...lists, ...shows, 'refresh', 'config show', 'version', 'schema', 'verify /dev/null'],
    ...['explain disk.root-encrypted', 'explain TIER_TOO_LOW', 'check', 'fix', 'flare --list', 'tray'],
    'report-removal --reason sold',
    ...[
      'privacy',
      'privacy --last',
      'actions',
      'freeze --all',
      'release',
      'agents claims',
      'agents claim claude-code --purpose x',
    ],
  ]
  using folder = temporaryFolder()
  const key = formatNoteKey(madeKey('directory.example.org').key)
  for (const name of ['etc', 'var/lib', 'usr/lib/surety/suretyd'])
    mkdirSync(join(folder.path, name), { recursive: true })
  writeFileSync(join(folder.path, HOOK_PROGRAMS.linux), '', { mode: 0o755 })
  commands.push(
    'hooks render',
    `hooks install --root ${folder.path}`,
    `hooks list --root ${folder.path}`,
    `audit verify ${folder.path} --key ${key}`,
    `audit witness --state ${folder.path}/w --name w.example.org --log ${key} --listen 127.0.0.1:0`,
  )
  const seen = new Set<string>()
  for (const command of commands) seen.add(named((await run(`${command} --json`, daemon)).out))
  seen.add(named((await run('agents show nowhere --json', daemon)).err))
  expect(DOCUMENT_NAMES.filter((name) => name.startsWith('surety/') && !seen.has(name))).toEqual([])
})

describe('surety-directory', () => {
  let directory: TestDirectory
  let device: string
  const receiver = createServer((_, response) => void response.writeHead(204).end())
  beforeAll(async () => {
    receiver.listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    const { port } = receiver.address() as AddressInfo
    directory = await startTestDirectory({ messages: { digest: 'off', slack: `http://127.0.0.1:${port}/` } })
    device = (await seedDevice(directory, testKey('one'))).device
    const items = [...ALL]
    await applySightings(directory.store, device, {
      sightings: { mode: 'full', snapshot: 's', part: 0, parts: 1, items },
      at: directory.clock.now(),
    })
  })
  afterAll(async () => {
    receiver.close()
    await directory[Symbol.asyncDispose]()
  })

  test('every document fits', async () => {
    using folder = temporaryFolder()
    const reset = { resetAdministrator: async () => '/nowhere/administrator.json' }
    const seen = new Set<string>()
    const printed = async (...args: readonly string[]) => {
      const { out, err } = await runCommand(directory, [...args, '--json'], reset)
      const name = named(out || err)
      seen.add(name)
      return JSON.parse(out || err)
    }
    const { token } = await printed('token', 'create', '--owner', 'ada', '--out', join(folder.path, 'token'))
    await printed('token', 'create', '--owner', 'ada')
    const lists = [
      'token',
      'checks',
      'devices',
      'agents',
      'mcp',
      'extensions',
      'runtimes',
      'files',
      're-enrolments',
      'events',
    ]
    for (const list of lists) expect((await printed(list, 'list')).schema).toBe(schemaOfList(list))
    await printed('token', 'revoke', token.id, '--yes')
    await printed('status')
    const owners = join(folder.path, 'owners.csv')
    writeFileSync(owners, 'PF-1,ada')
    await printed('preregistrations', 'add', owners)
    await printed('preregistrations', 'list')
    await printed('preregistrations', 'remove', 'PF-1')
    const configFile = join(folder.path, 'directory.json')
    const setup = async () => ({ ...machine, restart: async () => 'absent' as const })
    const ready = await runCommand(
      directory,
      [
        'init',
        '--names',
        '127.0.0.1',
        '--owner',
        'ada',
        '--out',
        join(folder.path, 'first'),
        '--config',
        configFile,
        '--json',
      ],
      { setup },
    )
    seen.add(named(ready.out))
    await printed('devices', 'accept', await seedPendingDevice(directory), '--yes')
    await printed('devices', 'pending', '--all')
    await printed('humans', 'add', 'ada')
    await printed('humans', 'add', 'bob', '--email', 'bob@example.org', '--manager', 'ada')
    for (const list of ['humans', 'groups', 'accounts', 'service-accounts']) await printed(list, 'list')
    await printed('humans', 'show', 'bob')
    await printed('humans', 'change', 'bob', '--no-email', '--name', 'Bob')
    const { group } = await printed('groups', 'add', 'crew')
    await printed('groups', 'change', group.id, '--add', 'ada', 'bob')
    await printed('groups', 'show', 'crew')
    await printed('groups', 'remove', 'crew', '--yes')
    const [account] = (await printed('accounts', 'list')).accounts
    await printed('accounts', 'confirm', account.device, account.userId, '--human', 'ada')
    await printed('accounts', 'release', account.device, account.userName, '--reason', 'r')
    await printed('accounts', 'confirm', '--all-proposed', '--yes')
    const made = ['--owner', 'ada', '--purpose', 'p', '--expires', '1d', '--successor', 'bob']
    await printed('service-accounts', 'add', 'ci', ...made)
    await printed('service-accounts', 'accept', 'ci')
    await printed('service-accounts', 'show', 'ci')
    const nightly = ['--purpose', 'p', '--product', 'codex', '--owner', 'ada', '--successor', 'bob', '--active']
    await printed('registrations', 'create', 'nightly', ...nightly)
    await printed('registrations', 'list')
    await printed('registrations', 'show', 'nightly')
    await printed('registrations', 'change', 'nightly', '--single', '--no-successor')
    await printed('registrations', 'suspend', 'nightly', '--reason', 'r')
    await printed('registrations', 'activate', 'nightly', '--reason', 'r')
    await printed('reviews', 'start', 'r', '--all', '--silence', 'keep', '--dry-run')
    const { review } = await printed('reviews', 'start', 'r', '--all', '--silence', 'keep')
    await directory.services.reviews.workSome()
    await printed('reviews', 'list')
    await printed('reviews', 'show', review.id)
    await printed('reviews', 'answer', review.id, 'nightly', 'keep')
    await printed('reviews', 'close', review.id, '--reason', 'r', '--discard', '--yes')
    await printed('registrations', 'quarantine', 'nightly', '--reason', 'r')
    await printed('registrations', 'transfer', 'nightly', '--owner', 'bob', '--reason', 'r')
    await printed('registrations', 'change', 'nightly', '--successor', 'ada')
    await printed('registrations', 'accept', 'nightly', '--successor')
    await printed('stops', 'create', '--registration', 'nightly', '--reason', 'r', '--dry-run')
    await printed('registrations', 'retire', 'nightly', '--reason', 'r', '--yes')
    await printed('humans', 'deactivate', 'ada', '--reason', 'r', '--dry-run')
    await printed('humans', 'deactivate', 'ada', '--reason', 'r', '--yes')
    await printed('humans', 'reactivate', 'ada', '--reason', 'r')
    await printed('service-accounts', 'change', 'ci', '--no-successor')
    await printed('service-accounts', 'end', 'ci', '--reason', 'r', '--yes')
    await printed('mcp', 'conflicts')
    const [waiting, other] = (await printed('inbox', 'list')).agents
    await printed('inbox', 'show', waiting.id)
    await printed('inbox', 'block', other.id, '--reason', 'r', '--dry-run')
    await printed('inbox', 'register', waiting.id, '--purpose', 'p', '--owner', 'bob')
    await printed('agents', 'show', device, claude.id)
    const [agent] = (await printed('agents', 'list')).agents
    await printed('agents', 'show', agent.item.key)
    await printed('devices', 'order', device, 'attest', '--reason', 'r')
    await printed('devices', 'set', device, '--owner', 'eve')
    for (const one of [device, '--all']) await printed('evidence', 'export', one, '--out', join(folder.path, one))
    const { stop } = await printed('stops', 'create', '--all', '--reason', 'r')
    for (const how of ['create --all --dry-run', 'drill --all'])
      await printed('stops', ...how.split(' '), '--reason', 'r')
    const claim = { ...SAMPLE_CLAIM, user: claude.user ?? SAMPLE_CLAIM.user, sighting: claude.id }
    await takeInClaims(directory.store, device, { claims: [claim], at: directory.clock.now() })
    const [{ id: action }] = (await printed('actions', 'list')).actions
    await takeInApprovals(directory.store, device, { requests: [{ ...sampleRequest, until: 2 ** 42 }], at: Date.now() })
    const { id } = sampleRequest
    const shown = `approvals list|approvals show ${id}|approvals deny ${id}|approvals rate|claims list|stops list`
    const more = `devices orders ${device}|stops show ${stop.id}|devices show ${device}|catalogue show`
    for (const words of `${shown}|actions show ${action}|${more}`.split('|')) await printed(...words.split(' '))
    await printed('claims', 'refuse', claim.id, '--reason', 'r')
    for (const words of [
      ['stops', 'release', stop.id],
      ['devices', 'retire', device, '--yes'],
    ])
      await printed(...words, '--reason', 'r')
    await printed('login', 'here', '--from', directory.profileFile)
    for (const words of ['list', 'use here']) await printed('context', ...words.split(' '))
    const maker = testKey('maker')
    const certificate = join(folder.path, 'maker.der')
    writeFileSync(
      certificate,
      await makeAuthority({
        subject: 'CN=Maker',
        issuer: 'CN=Maker',
        signer: maker,
        key: maker,
        notBefore: Date.now() - 86_400_000,
        notAfter: Date.now() + 86_400_000,
      }),
    )
    await printed('anchors', 'add', certificate)
    await printed('anchors', 'list')
    await printed('backup', 'create', '--to', join(folder.path, 'backup'))
    const demonstration = { clock: directory.clock, folder: join(folder.path, 'demonstration') }
    seen.add(named((await runCommand(demonstration, ['demo', '--devices', '0', '--json'])).out))
    const program = join(folder.path, 'program')
    for (const name of ['bin/node', 'suretyd/suretyd.mjs']) {
      mkdirSync(dirname(join(program, name)), { recursive: true })
      writeFileSync(join(program, name), name)
    }
    await printed('updates', 'init')
    await printed('updates', 'add', '1.2.0', '--platform', 'linux-x64', '--from', program)
    await printed('updates', 'promote', '1.2.0')
    await printed('updates', 'list')
    await printed('updates', 'verify')
    await printed('config', 'show')
    await printed('explain', 'TIER_TOO_LOW')
    await printed('version')
    const policy = (await printed('policy', 'show')).policy.policy
    const file = join(folder.path, 'policy.yaml')
    writeFileSync(file, policy)
    await printed('policy', 'check', file)
    await printed('policy', 'test', file)
    writeFileSync(file, (await printed('rules', 'show')).rules.rules)
    await printed('rules', 'check', file)
    await printed('rules', 'test', file)
    writeFileSync(file, (await printed('gate-policy', 'show')).gatePolicy.gatePolicy)
    await printed('gate-policy', 'check', file)
    await printed('gate-policy', 'test', file)
    await printed('export', '-f', join(folder.path, 'configuration'))
    await printed('diff', '-f', join(folder.path, 'configuration'))
    await printed('agents', 'products')
    await printed('mcp', 'servers')
    await printed('extensions', 'products')
    await printed('risks', 'list')
    await printed('changes')
    await printed('search', 'a')
    await printed('devices', 'timeline', device)
    await printed('devices', 'difference', device, '--from', '1h')
    await printed('history')
    await printed('zombies', 'list')
    await printed('zombies', 'sweep')
    for (const [noun, kind] of [
      ['administrators', ['--role', 'viewer']],
      ['services', ['--scope', 'read']],
    ] as const) {
      await printed(noun, 'add', 'someone@example.org', ...kind)
      await printed(noun, 'rotate', 'someone@example.org')
      await printed(noun, 'list')
      await printed(noun, 'revoke', 'someone@example.org', '--yes')
    }
    await printed('administrators', 'invite', 'someone@example.org', '--role', 'viewer')
    const people = join(folder.path, 'people.csv')
    writeFileSync(people, 'user_name\nbob\n')
    await printed('people', 'import', people, '--dry-run')
    await printed('people', 'invite', 'bob')
    const { id: subject } = (await directory.services.principals.list('administrator'))[0] ?? { id: '' }
    const session = await directory.services.signIn.sessions.begin(subject, 'passkey', {
      address: '::1',
      userAgent: 'x',
    })
    await printed('sessions', 'list')
    await printed('sessions', 'end', session.id, '--yes')
    await printed('sessions', 'end-all', 'bob')
    const passkey = { id: `pky_${'A'.repeat(22)}`, subject, credential: 'c', publicKey: new Uint8Array(1), counter: 0 }
    const kept = { rp: 'localhost', name: 'laptop', synced: false, createdAt: 1 }
    await directory.store.signIn.passkeys.put({ ...passkey, ...kept })
    await printed('passkeys', 'list')
    await printed('passkeys', 'remove', passkey.id, '--yes')
    await printed('events', 'kinds')
    await directory.sequence()
    const [entry] = (await printed('audit', 'list')).entries
    await printed('audit', 'show', entry.id)
    await printed('audit', 'log')
    await printed('audit', 'forwards')
    await printed('audit', 'witnesses')
    await printed('audit', 'export', '--out', join(folder.path, 'record'))
    await printed('audit', 'report', '--since', '30d', '--out', join(folder.path, 'report.zip'))
    await printed('audit', 'hold', 'all', '--reason', 'r')
    await printed('audit', 'holds')
    await printed('audit', 'release', 'all', '--reason', 'r')
    await printed('scim', 'guard', 'show')
    await printed('scim', 'guard', 'allow', '--yes')
    const { port } = receiver.address() as AddressInfo
    const { webhook } = await printed('webhooks', 'add', `http://127.0.0.1:${port}/`, '--events', '*')
    await printed('webhooks', 'list')
    await printed('webhooks', 'test', webhook.id)
    await printed('messages', 'list')
    await printed('messages', 'status')
    await printed('messages', 'test', '--to', 'slack')
    await printed('webhooks', 'deliveries', webhook.id)
    await printed('webhooks', 'remove', webhook.id, '--yes')
    await printed('administrator', 'reset', '--yes')
    await printed('devices', 'show', 'nowhere')
    const left = DOCUMENT_NAMES.filter((name) => name.startsWith('surety-directory/') && !seen.has(name))
    // The one needs a device that comes again, the other a watcher: their members are those of the lists.
    expect(left).toEqual(['surety-directory/re-enrolment@1', 'surety-directory/event@1'])
  })
})

function schemaOfList(list: string): string {
  return `surety-directory/${{ token: 'tokens', mcp: 'servers' }[list] ?? list}@1`
}
