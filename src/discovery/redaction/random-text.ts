/** Text that looks random, and so like a secret rather than a name. */

const MIN_RANDOM_LENGTH = 16
/** In a text drawn by chance at 0.44 of all places another kind follows, a capital before small letters left out; in words at 0.3 at most. */
const RANDOM_SHARE = 0.32

/** Letters and digits in an order that names do not have. Hexadecimal text is an id or a hash. */
export function looksRandom(run: string): boolean {
  if (run.length < MIN_RANDOM_LENGTH || !/^[A-Za-z0-9]+$/.test(run) || /^[0-9a-f]+$/i.test(run)) return false
  if ((run.match(/\d/g)?.length ?? 0) < 2) return false
  return changesIn(run) >= RANDOM_SHARE * (run.length - 1)
}

/** Behind a name that other things bear, too. */
const MIN_TOKEN_LENGTH = 12

/** Letters and digits in one word: no name, version, path or place. */
export function looksLikeToken(value: string): boolean {
  return (
    value.length >= MIN_TOKEN_LENGTH &&
    /^[\w+/=~.-]+$/.test(value) &&
    /[A-Za-z]/.test(value) &&
    /\d/.test(value) &&
    !/^v?\d+(?:\.\d+)+/.test(value) &&
    !/^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}$/.test(value)
  )
}

const MIN_HEXADECIMAL = 20
const MIN_CHANGES = 3

/** Where a name of an account stands: its letters and digits take turns, or it is a long number. */
export function looksLikeTokenOfUser(user: string): boolean {
  return user.split(/[^A-Za-z0-9]/).some((run) => {
    if (run.length < MIN_TOKEN_LENGTH || !/\d/.test(run)) return false
    return /^[0-9a-f]+$/i.test(run) ? run.length >= MIN_HEXADECIMAL : changesIn(run) >= MIN_CHANGES
  })
}

/** Where the name of a package stands, in which capitals are rare: no registry takes new ones. */
export function looksLikeTokenOfPackage(name: string): boolean {
  return /[A-Z]/.test(name) && name.split(/[^A-Za-z0-9]/).some((run) => changesIn(run) >= MIN_CHANGES)
}

function changesIn(run: string): number {
  return run.match(/[a-z](?=[A-Z0-9])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0
}
