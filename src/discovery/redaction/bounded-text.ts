import { printable } from '../../base/text/printable.ts'

/** Text from a file or a process as a sighting holds it: controls shown as escapes, at most `maxLength` units. */
export function boundedText(text: string, maxLength: number): string {
  // Cut first: what is thrown away need not be searched.
  return printable(text.slice(0, maxLength)).slice(0, maxLength)
}
