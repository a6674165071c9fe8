/** Texts of the error catalogue about SCIM. */
export const SCIM_ERROR_TEXTS = {
  SCIM_CURSOR_INVALID: {
    meaning: 'A SCIM client continues a list that the directory did not begin so.',
    act: 'Nobody has to act: the client begins again with an empty cursor.',
  },
  SCIM_COUNT_INVALID: {
    meaning: 'A SCIM client asks for a page that begins or ends nowhere.',
    act: 'Change the page size at the identity provider; the message names the limits.',
  },
  DEACTIVATIONS_HELD: {
    meaning:
      'Deactivations by SCIM wait for an administrator: very many people or agents went within an hour, or an agent is on more devices ' +
      'than one person may stop.',
    act: 'Look at surety-directory scim guard show and at the identity provider; then: surety-directory scim guard allow',
  },
  SCIM_FILTER_INVALID: {
    meaning: 'A SCIM client sent a filter that cannot be read, or an operator that the attribute does not have.',
    act: 'Change the matching attribute or the filter at the identity provider.',
  },
  SCIM_PATH_INVALID: {
    meaning: 'A SCIM client changes an attribute that the directory does not have.',
    act: 'Remove this attribute from the mappings at the identity provider.',
  },
  SCIM_NO_TARGET: {
    meaning: 'A change by SCIM names no attribute, or a value that the resource does not have.',
    act: 'Compare the mapping at the identity provider with the schemas at /scim/v2/Schemas.',
  },
  SCIM_VALUE_INVALID: {
    meaning: 'A SCIM client sent a value that the attribute cannot have, or removes what must be there.',
    act: 'Change the mapping at the identity provider; the message names the attribute.',
  },
  SCIM_MUTABILITY: {
    meaning: 'A SCIM client changes an attribute that the directory sets itself.',
    act: 'Remove this attribute from the mappings at the identity provider.',
  },
} as const
