import { asArgument } from '../directory/commands/words.ts'

/** What a person types next, in the folder of this project: a path may hold a space. */

export function askDaemonCommand(controlSocket: string): string {
  return `npm run -s surety -- status --socket ${asArgument(controlSocket)}`
}

export function askDirectoryCommand(profile: string, ...words: readonly string[]): string {
  return ['npm run -s surety-directory --', ...words, '--profile', asArgument(profile)].join(' ')
}
