const MOST_CHARACTERS = 1500
/** They break a line, or a terminal takes them for a command. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu
/** Marks of direction, and what language models read and people do not see. */
const UNSEEN = /[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu

/** A text of the gate for an agent or a person. It never is empty: clients refuse a denial without a reason. */
export function oneLine(text: string): string {
  // Most of a very long text is dropped before it is searched.
  const line = text
    .slice(0, 4 * MOST_CHARACTERS)
    .replace(UNSEEN, '')
    .replace(BREAKS, ' ')
    .trim()
  if (line === '') return 'Surety denied this'
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS - 1).replace(UNSEEN, '')}…`
}
