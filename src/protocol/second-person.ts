/** What to do where a single person can confirm stops: that person's own ones nobody can confirm. */

export const ADD_PERSON = 'surety-directory administrators add NAME --role operator --out FILE'

export const NEW_PERSON = 'a new person can confirm after 24 hours'
