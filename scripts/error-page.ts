import { ERROR_CODES, type ErrorCode, SuretyError } from '../src/base/errors.ts'
import { ERROR_TEXTS } from '../src/command-line/error-catalogue.ts'
import { refusalOf } from '../src/directory/http/http-status.ts'

/** `docs/reference/errors.md`: each error code, the status of an answer of the API with it, and the texts of `explain CODE`. */

const HEAD = `# Error codes

Each error of \`surety\`, \`surety-directory\` and \`suretyd\` is one line that ends in its code. The same text for one code:
\`surety explain CODE\` or \`surety-directory explain CODE\`. With \`--json\` the code is \`error.code\`.

The status is that of an answer of the [API](../api.md#refusals) with this code. A dash means that the API never answers with it.

This page is made from \`src/command-line/error-catalogue.ts\` by \`node scripts/run.cjs scripts/make-error-page.ts\`.

| code | status | what it means | what to do |
|---|---|---|---|
`

export function errorPage(): string {
  const rows = ERROR_CODES.map((code) => {
    const { meaning, act } = ERROR_TEXTS[code]
    return `| \`${code}\` | ${statusOf(code)} | ${meaning} | ${act} |\n`
  })
  return HEAD + rows.join('')
}

/** A dash for a code that the API does not answer with. */
function statusOf(code: ErrorCode): string {
  const refusal = refusalOf(new SuretyError(code, ''))
  return refusal.code === code ? `${refusal.status}` : '–'
}
