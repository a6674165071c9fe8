import { isScalar, visit, Document as YamlDocument } from 'yaml'
import { printable } from '../../base/text/printable.ts'

/**
 * YAML 1.2 for a terminal or a pipe, quoted so that a parser of YAML 1.1 reads the same. As with `printableJson` the value is the
 * same, and nothing in it moves a cursor.
 *
 * @param options.blocks texts of more than one line keep their lines.
 */
export function printableYaml(value: object, { blocks = false } = {}): string {
  const document = new YamlDocument(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1' })
  visit(document, {
    Scalar(_, node) {
      if (!isScalar(node) || typeof node.value !== 'string') return
      const text = blocks ? node.value.replaceAll('\n', '') : node.value
      if (printable(text) !== text) node.type = 'QUOTE_DOUBLE'
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
