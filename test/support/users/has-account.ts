import { readFileSync } from 'node:fs'

/** Does the user of these tests have an account, and so a home that a daemon knows? A number in a container may have none. */
export const HAS_ACCOUNT = readFileSync('/etc/passwd', 'utf8')
  .split('\n')
  .some((line) => line.split(':')[2] === String(process.getuid?.()))
