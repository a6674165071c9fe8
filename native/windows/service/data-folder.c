#include "data-folder.h"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>
#include <shlobj.h>
#include <stdio.h>
#include <wchar.h>

/* The owner is Administrators. Users may list the folder and read no file in it: the enrolment string is put there. */
#define OUTER_RIGHTS L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)"
#define INNER_RIGHTS L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

/* What lets a user change a file, or put another in its place. */
#define WRITES                                                                                                        \
  (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL)

/* SYSTEM, Administrators and the user that we run as. */
static bool is_trusted(PSID owner) {
  union {
    TOKEN_USER user;
    BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } own;
  HANDLE token;
  DWORD length;
  bool trusted = IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid);
  if (!trusted && OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
    trusted = GetTokenInformation(token, TokenUser, &own, sizeof own, &length) && EqualSid(owner, own.user.User.Sid);
    CloseHandle(token);
  }
  return trusted;
}

/* Makes a folder, or takes one that no other user made. */
static bool prepare_folder(const wchar_t *path, const wchar_t *rights) {
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
  PSECURITY_DESCRIPTOR found;
  PSID owner;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(rights, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL)) {
    return false;
  }
  bool made = CreateDirectoryW(path, &attributes), is_there = made || GetLastError() == ERROR_ALREADY_EXISTS;
  LocalFree(attributes.lpSecurityDescriptor);
  if (made || !is_there) return made;
  DWORD kind = GetFileAttributesW(path);
  if (kind == INVALID_FILE_ATTRIBUTES || (kind & FILE_ATTRIBUTE_REPARSE_POINT) || !(kind & FILE_ATTRIBUTE_DIRECTORY)) return false;
  if (GetNamedSecurityInfoW((wchar_t *)path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &found) !=
      ERROR_SUCCESS) {
    return false;
  }
  bool trusted = owner != NULL && is_trusted(owner);
  LocalFree(found);
  return trusted;
}

/* The owner of a file is looked at on its own. An entry that is not known counts as one for others. */
static bool can_others_write(PACL list) {
  if (list == NULL) return true;
  for (DWORD at = 0; at < list->AceCount; at++) {
    void *entry;
    if (!GetAce(list, at, &entry)) return true;
    const ACE_HEADER *header = entry;
    if ((header->AceFlags & INHERIT_ONLY_ACE) || header->AceType == ACCESS_DENIED_ACE_TYPE) continue;
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE) return true;
    ACCESS_ALLOWED_ACE *allowed = entry;
    PSID user = &allowed->SidStart;
    const bool is_owner = IsWellKnownSid(user, WinCreatorOwnerSid) || IsWellKnownSid(user, WinCreatorOwnerRightsSid);
    if ((allowed->Mask & WRITES) && !is_owner && !is_trusted(user)) return true;
  }
  return false;
}

bool is_ours_alone(const wchar_t *path) {
  PSECURITY_DESCRIPTOR found;
  PSID owner;
  PACL list;
  const SECURITY_INFORMATION wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  const DWORD kind = GetFileAttributesW(path);
  if (kind == INVALID_FILE_ATTRIBUTES || (kind & FILE_ATTRIBUTE_REPARSE_POINT)) return false;
  if (GetNamedSecurityInfoW((wchar_t *)path, SE_FILE_OBJECT, wanted, &owner, NULL, &list, NULL, &found) != ERROR_SUCCESS) {
    return false;
  }
  const bool is_ours = owner != NULL && is_trusted(owner) && !can_others_write(list);
  LocalFree(found);
  return is_ours;
}

bool data_folder(wchar_t folder[PATH_WORDS]) {
  wchar_t *data = NULL;
  const bool is_known = SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &data) == S_OK && wcslen(data) < PATH_WORDS - 96;
  if (is_known) swprintf(folder, PATH_WORDS, L"%ls\\Surety", data);
  CoTaskMemFree(data);
  return is_known;
}

bool prepare_data_folder(wchar_t folder[PATH_WORDS], const wchar_t *inner) {
  if (!data_folder(folder)) return false;
  bool ready = prepare_folder(folder, OUTER_RIGHTS);
  if (inner != NULL) {
    wcscat(wcscat(folder, L"\\"), inner);
    ready = ready && prepare_folder(folder, INNER_RIGHTS);
  }
  return ready;
}
