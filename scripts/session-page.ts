import type { SessionMessage, SessionVectors } from '../test/support/protocol/vector-cases/session.ts'

/** `docs/reference/protocol-session.md`: the test vectors of a session as a page. */

const ARROWS = { device: 'D→V', directory: 'V→D', root: 'V→D, inside the challenge' } as const

export function sessionPage({ keys, enrolment, messages }: SessionVectors): string {
  const publicKeys = Object.entries(keys).map(([name, { x, y }]) => `| ${name} | \`${x}\` | \`${y}\` |`)
  return [
    '# A session of `surety.v1`, byte by byte',
    'Made by `node scripts/make-vectors.ts`; do not edit. The same bytes, with the private test keys, are in ' +
      '[test/vectors/session.json](../../test/vectors/session.json). What they mean is in [protocol.md](../protocol.md).',
    'A device with a software key enrols, sends two batches, gets an order, attests on the same connection, answers the ' +
      'order and takes a catalogue. Signatures are deterministic (RFC 6979); a device may sign in any other way.',
    ['| key | x | y |', '|---|---|---|', ...publicKeys].join('\n'),
    '## The enrolment string',
    'It is the prefix and base64url of this JSON:',
    fenced(enrolment.json),
    fenced(enrolment.string),
    ...messages.flatMap((message, at) => sectionOf(message, at + 1)),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

function sectionOf(message: SessionMessage, number: number): string[] {
  const { name, from, payload, frame, key, hash, posture, binding } = message
  const signed = key === undefined ? [] : [`Frame, signed by the ${key} key:`, fenced(frame)]
  return [
    `## ${number}. ${name} (${ARROWS[from]})`,
    ...(binding === undefined
      ? []
      : [`The binding is SHA-256 of these ${binding.bytes.length / 2} bytes (hex):`, fenced(binding.bytes)]),
    key === undefined ? 'Frame:' : 'Payload:',
    fenced(payload),
    ...signed,
    ...(hash === undefined ? [] : [`SHA-256 of the frame: \`${hash}\`.`]),
    ...(posture === undefined ? [] : [`SHA-256 of the JSON of its findings: \`${posture}\`.`]),
  ]
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``
}
