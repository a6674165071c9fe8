import { isScalar, visit, Document as YamlDocument } from 'yaml'
import { printable } from '../../base/text/printable.ts'

/**
 * YAML 1.2 for a terminal or a pipe, quoted so that a parser of YAML 1.1 reads the same. As with `printableJson` the value is the
 * same, and nothing in it moves a cursor.
 */
export function printableYaml(value: object): string {
  const document = new YamlDocument(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1' })
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === 'string' && printable(node.value) !== node.value)
        node.type = 'QUOTE_DOUBLE'
    },
  })
  return document
    .toString({ lineWidth: 0 })
    .replace(UNPRINTABLE, (character) =>
      character === '\n' ? character : `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
    )
}

/** As in `printable`. Outside of quotes there is none but the line feed. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
