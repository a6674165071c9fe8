/** `verify.mjs` of a report: checks it with Node 20.12 or newer and nothing else. It takes no code from the program that wrote the report. */
export const VERIFIER = String.raw`// Verifies this report with Node 20.12 or newer: node verify.mjs --key KEY
// KEY is the public key of the log (NAME+ID+KEY). Get it by another way than this file.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

const folder = import.meta.dirname
const at = process.argv.indexOf('--key')
const given = at === -1 ? undefined : process.argv[at + 1]
const sha256 = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest()
const leafHash = (entry) => sha256(Buffer.of(0), entry)
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right)
const fail = (message) => { throw new Error(message) }

async function* linesOf(name) {
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(join(folder, name))) {
    rest = Buffer.concat([rest, chunk])
    let from = 0
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, from)) {
      yield rest.subarray(from, end)
      from = end + 1
    }
    rest = rest.subarray(from)
  }
  if (rest.length > 0) fail(name + ' ends in the middle of a line')
}

async function checkFiles(files) {
  const there = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/'))
  for (const name of there) {
    if (name !== 'manifest.json' && !files.some((file) => file.name === name)) fail(name + ' is not in the manifest')
  }
  for (const { name, bytes, sha256: expected } of files) {
    if (!there.includes(name)) fail(name + ' is missing')
    const sum = createHash('sha256')
    let size = 0
    for await (const chunk of createReadStream(join(folder, name))) {
      sum.update(chunk)
      size += chunk.length
    }
    if (size !== bytes || sum.digest('hex') !== expected) fail(name + ' is not what the manifest says: it was changed')
    const policy = /^policies\/([0-9a-f]{64})\./.exec(name)
    if (policy !== null && policy[1] !== expected) fail(name + ' does not have the hash that its name says')
  }
}

/** C2SP signed-note and tlog-checkpoint, Ed25519. */
function openCheckpoint(note, key) {
  const name = key.slice(0, key.indexOf('+'))
  const bytes = Buffer.from(key.slice(key.indexOf('+', name.length + 1) + 1), 'base64')
  if (bytes.length !== 33 || bytes[0] !== 1) fail('the key is not one of a log: NAME+ID+KEY')
  const keyId = sha256(name + '\n', bytes).subarray(0, 4)
  const end = note.lastIndexOf('\n\n')
  const text = note.slice(0, end + 1)
  const [origin, size, root] = text.split('\n')
  if (origin !== name) fail('the checkpoint is of the log ' + origin + ', not of ' + name)
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') }, format: 'jwk' })
  const signed = note.slice(end + 2).split('\n').some((line) => {
    const [, signer, encoded] = line.split(' ')
    const signature = Buffer.from(encoded ?? '', 'base64')
    return signer === name && signature.length === 68 && signature.subarray(0, 4).equals(keyId) &&
      verify(null, Buffer.from(text), publicKey, signature.subarray(4))
  })
  if (!signed) fail('the checkpoint has no signature by the key of ' + name)
  return { size: Number(size), root: Buffer.from(root, 'base64') }
}

/** The fewest complete subtrees of a range, as their levels. */
function levelsOf(from, to) {
  const levels = []
  while (from < to) {
    let level = 0
    while (from % 2 ** (level + 1) === 0 && from + 2 ** (level + 1) <= to) level++
    levels.push(level)
    from += 2 ** level
  }
  return levels
}

function treeOver() {
  const trees = []
  return {
    add(level, hash) {
      while (trees.at(-1)?.level === level) {
        hash = nodeHash(trees.pop().hash, hash)
        level++
      }
      trees.push({ level, hash })
    },
    root: () => trees.map((tree) => tree.hash).reduceRight((right, left) => nodeHash(left, right)),
  }
}

async function checkEntries(manifest, checkpoint, note) {
  const entries = linesOf('proofs/entries.record')
  const events = linesOf('events.jsonl')
  const header = JSON.parse((await entries.next()).value ?? '{}')
  const { from, to, proof } = header
  if (header.checkpoint !== note) fail('proofs/entries.record has another checkpoint')
  if (!(from >= 0 && from < to && to <= checkpoint.size)) fail('proofs/entries.record is of no entries of this log')
  const before = levelsOf(0, from)
  const behind = levelsOf(to, checkpoint.size)
  if (proof.length !== before.length + behind.length) fail('proofs/entries.record has a proof of another length')
  const hashes = proof.map((hash) => Buffer.from(hash, 'base64'))
  const tree = treeOver()
  for (const [place, level] of before.entries()) tree.add(level, hashes[place])
  let index = from
  let matched = 0
  let next = await events.next()
  for await (const line of entries) {
    tree.add(0, leafHash(line))
    const event = next.done ? undefined : JSON.parse(next.value)
    if (event?.metadata?.sequence === index) {
      const differs = differenceOf(event, JSON.parse(line))
      if (differs !== undefined) fail('the event of entry ' + index + ' differs from the log: ' + differs)
      matched++
      next = await events.next()
    }
    index++
  }
  for (const [place, level] of behind.entries()) tree.add(level, hashes[before.length + place])
  if (index !== to || !tree.root().equals(checkpoint.root)) fail('the entries do not lead to the root that the log signed')
  if (!next.done) fail('events.jsonl has an event that is not in its place in the log')
  if (matched !== manifest.counts.events) fail('events.jsonl has ' + matched + ' events, and the manifest counts ' + manifest.counts.events)
  return { from, to, matched }
}

function differenceOf(event, entry) {
  const { metadata, unmapped } = event
  const pairs = {
    id: [metadata.uid, entry.id],
    kind: [metadata.event_code, entry.act],
    time: [event.time, entry.time],
    actor: [event.actor.user.uid, entry.actor.id],
    subject: [unmapped.subject, entry.subject],
    agent: [unmapped.agent, entry.agent],
    outcome: [unmapped.outcome, entry.outcome],
    before: [unmapped.before, entry.before],
    after: [unmapped.after, entry.after],
    details: [unmapped.details, entry.details],
  }
  return Object.keys(pairs).find((name) => !isSame(...pairs[name]))
}

/** A sealed text of the log is open in the event, or null. */
function isSame(open, logged) {
  if (typeof logged !== 'object' || logged === null) return open === logged
  if ('sealed' in logged && 'key' in logged) return open === null || typeof open === 'string'
  if (typeof open !== 'object' || open === null || Array.isArray(open) !== Array.isArray(logged)) return false
  const names = Object.keys(logged)
  return names.length === Object.keys(open).length && names.every((name) => isSame(open[name], logged[name]))
}

try {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  if (manifest.schema !== 'surety/eu-ai-act-report@1') fail('manifest.json is not one of such a report')
  await checkFiles(manifest.files)
  const note = readFileSync(join(folder, 'checkpoint'), 'utf8')
  const checkpoint = openCheckpoint(note, given ?? manifest.log.key)
  const { from, to, matched } = await checkEntries(manifest, checkpoint, note)
  console.log('VERIFIED: every file is as it was written, and the entries are in the log, which signed them.')
  console.log('Entries  ' + from + ' to ' + (to - 1) + ', ' + matched + ' of them as events')
  if (given === undefined) console.log('The key is the one in this report: compare it with one that you got by another way, ' + manifest.log.key)
} catch (error) {
  console.log('NOT VERIFIED: ' + error.message)
  process.exitCode = 7
}
`
