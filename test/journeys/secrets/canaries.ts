/** Secrets planted by a test, and the search for them in whatever was kept or sent. */

/** One secret each, which nothing else can be taken for. */
export function canary(name: string): string {
  return `canary-${name}-7Kq2Zx9Wv4`
}

export interface Haystack {
  readonly name: string
  readonly bytes: Buffer
}

/** `canary in haystack as encoding`, for each that is found. */
export function findCanaries(canaries: readonly string[], haystacks: readonly Haystack[]): readonly string[] {
  return haystacks.flatMap(({ name, bytes }) =>
    canaries.flatMap((secret) =>
      spellings(secret)
        .filter(({ spelling }) => bytes.includes(spelling))
        .map(({ encoding }) => `${secret} in ${name} as ${encoding}`),
    ),
  )
}

function spellings(secret: string): readonly { readonly encoding: string; readonly spelling: string }[] {
  const bytes = Buffer.from(secret)
  return [
    { encoding: 'plain', spelling: secret },
    { encoding: 'hex', spelling: bytes.toString('hex') },
    { encoding: 'hex', spelling: bytes.toString('hex').toUpperCase() },
    ...([0, 1, 2] as const).flatMap((before) => [
      { encoding: 'base64', spelling: inside(bytes, before, 'base64') },
      { encoding: 'base64url', spelling: inside(bytes, before, 'base64url') },
    ]),
  ]
}

/** How base64 spells `secret` in the midst of something else: without the letters that its neighbours share. */
function inside(secret: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(before), secret])
    .toString(encoding)
    .replaceAll('=', '')
  const whole = Math.floor(((before + secret.length) * 8) / 6)
  return text.slice(Math.ceil((before * 8) / 6), whole)
}
