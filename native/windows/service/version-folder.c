#include "version-folder.h"

#include <string.h>

#include "data-folder.h"
#include "log.h"

#define NUMBERS 3
#define MOST_DIGITS 5

/* Three numbers with dots between: nothing that leads out of a folder. */
static bool is_version(const char *text) {
  for (int number = 1; number <= NUMBERS; number++) {
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > MOST_DIGITS || text[digits] != (number < NUMBERS ? '.' : 0)) return false;
    text += digits + 1;
  }
  return true;
}

bool find_version(const char *version, wchar_t folder[PATH_WORDS]) {
  static const wchar_t *const PARTS[] = {L"", L"\\node.exe", L"\\suretyd", L"\\suretyd\\suretyd.mjs"};
  wchar_t path[PATH_WORDS];
  if (!is_version(version)) {
    log_line("what suretyd asks to start is no version");
    return false;
  }
  /* From above: what lies in a folder that others cannot write to stays what it is. */
  bool is_safe = data_folder(folder) && is_ours_alone(folder);
  if (is_safe) is_safe = is_ours_alone(wcscat(folder, L"\\updates"));
  if (is_safe) swprintf(folder + wcslen(folder), PATH_WORDS - wcslen(folder), L"\\%hs", version);
  for (size_t at = 0; is_safe && at < sizeof PARTS / sizeof *PARTS; at++) {
    swprintf(path, PATH_WORDS, L"%ls%ls", folder, PARTS[at]);
    is_safe = is_ours_alone(path);
  }
  if (!is_safe) log_line("version %s is not started: a part of it is missing, a link, or open to other users", version);
  return is_safe;
}
