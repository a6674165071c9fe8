/** Secrets that are known by how they begin, wherever they stand. */

const BODIES = [
  /sk-[A-Za-z0-9_-]{16,}/,
  /sk_[0-9a-f]{40,}/,
  /(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}/,
  /whsec_[A-Za-z0-9+/]{16,}/,
  /gh[pousr]_[A-Za-z0-9]{20,}/,
  /github_pat_[A-Za-z0-9_]{20,}/,
  /gl(?:pat|dt|rt)-[A-Za-z0-9_-]{16,}/,
  /gl(?:sa|c)_[A-Za-z0-9_+/]{20,}/,
  /xox[a-eprs]-[A-Za-z0-9-]{10,}/,
  /xapp-\d-[A-Za-z0-9-]{10,}/,
  /(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/,
  /AIza[A-Za-z0-9_-]{30,}/,
  /ya29\.[A-Za-z0-9_-]{20,}/,
  /hf_[A-Za-z0-9]{20,}/,
  /r8_[A-Za-z0-9]{20,}/,
  /npm_[A-Za-z0-9]{30,}/,
  /pypi-AgE[A-Za-z0-9_-]{16,}/,
  /dckr_pat_[A-Za-z0-9_-]{20,}/,
  /ntn_[A-Za-z0-9]{20,}/,
  /secret_[A-Za-z0-9]{40,}/,
  /lin_(?:api|oauth)_[A-Za-z0-9]{20,}/,
  /sb(?:p_|_secret_)[A-Za-z0-9_-]{20,}/,
  /do[opr]_v1_[0-9a-f]{32,}/,
  /figd_[A-Za-z0-9_-]{20,}/,
  /pplx-[A-Za-z0-9]{20,}/,
  /tvly-(?:dev-|prod-)?[A-Za-z0-9]{16,}/,
  /gsk_[A-Za-z0-9]{20,}/,
  /xai-[A-Za-z0-9]{20,}/,
  /nvapi-[A-Za-z0-9_-]{20,}/,
  /ATATT3x[A-Za-z0-9_=-]{16,}/,
  /SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/,
  /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/,
  /dapi[0-9a-f]{32}/,
  /lsv2_(?:pt|sk)_[0-9a-f]{32}/,
  /apify_api_[A-Za-z0-9]{20,}/,
  /sntry[su]_[A-Za-z0-9_=+/-]{20,}/,
  /hvs\.[A-Za-z0-9_-]{20,}/,
  /AGE-SECRET-KEY-1[0-9A-Z]{20,}/,
  /GOCSPX-[A-Za-z0-9_-]{24,}/,
  /\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/,
  /pat[A-Za-z0-9]{14}\.[0-9a-f]{64}/,
  /fc-[0-9a-f]{32}(?![A-Za-z0-9])/,
  /e2b_[0-9a-f]{40}/,
  /napi_[a-z0-9]{40,}/,
  /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/,
  /dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,}/,
  /[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}/,
  /NRAK-[A-Z0-9]{27}/,
  /ph[xs]_[A-Za-z0-9]{40,}/,
  /pat-(?:na|eu|ap)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
  /ATCTT3x[A-Za-z0-9_=-]{16,}/,
  /nfp_[A-Za-z0-9]{36,}/,
  /fm[12]_[A-Za-z0-9+/]{40,}/,
  /ctx7sk-[0-9a-f]{8}-[0-9a-f-]{27}/,
  /dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}/,
  /pul-[0-9a-f]{40}/,
  /pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.=-]{32,}/,
  /sk\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{16,}/,
  /hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/]{20,}/,
  /discord(?:app)?\.com\/api\/webhooks\/\d+\/[A-Za-z0-9_-]{20,}/,
] as const
/** Not within a word; a variable may be right before. */
const TOKEN = new RegExp(`(?<![A-Za-z0-9])(?:${BODIES.map(({ source }) => source).join('|')})`, 'g')
const OTHERS = [
  // It begins where no earlier token can continue: a long text of many beginnings is looked through once.
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
] as const
/** A password in an address, also without a user. */
export const ADDRESS_PASSWORD = /^(?:jdbc:)?[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:([^/@\s]{4,})@/i

/** May be a secret, though it be a placeholder: what is told of a device is held to this. */
export function looksSecret(text: string): boolean {
  return text.search(TOKEN) !== -1 || OTHERS.some((shape) => shape.test(text)) || ADDRESS_PASSWORD.test(text)
}

/** A token that is known by its beginning. Passwords in addresses are judged with these. */
export function holdsTokenShape(text: string, isPlaceholder: (token: string) => boolean): boolean {
  if (OTHERS.some((shape) => shape.test(text))) return true
  for (const [token] of text.matchAll(TOKEN)) if (!isPlaceholder(token)) return true
  return false
}
