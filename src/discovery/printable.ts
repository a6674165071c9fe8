/** C0, C1, line and paragraph separators, and what turns text around: nothing that a terminal or a log would obey. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu

/** Text from a file or a process, fit for people: one line, without controls, at most `maxLength` units. */
export function printable(text: string, maxLength: number): string {
  // Cut first: what is thrown away need not be searched.
  return text.slice(0, maxLength).replace(UNPRINTABLE, '\ufffd')
}
