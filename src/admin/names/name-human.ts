/** What the API takes where it finds the human itself. */
export const PERSON_WORDS = 'user name, e-mail address or id'
