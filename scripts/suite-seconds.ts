/** Where `npm test` and its like keep how long each suite took on this machine, as JSON: seconds by name of the suite. */
export const SUITE_SECONDS_FILE = '.build/suite-seconds.json'
