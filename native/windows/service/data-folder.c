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

/* SYSTEM, Administrators, TrustedInstaller and the user that we run as. */
static bool is_trusted_owner(PSID owner) {
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
  bool trusted = owner != NULL && is_trusted_owner(owner);
  LocalFree(found);
  return trusted;
}

bool prepare_data_folder(wchar_t folder[PATH_WORDS], const wchar_t *inner) {
  wchar_t *data = NULL;
  bool ready = false;
  if (SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &data) == S_OK && wcslen(data) < PATH_WORDS - 64) {
    swprintf(folder, PATH_WORDS, L"%ls\\Surety", data);
    ready = prepare_folder(folder, OUTER_RIGHTS);
    if (inner != NULL) {
      wcscat(wcscat(folder, L"\\"), inner);
      ready = ready && prepare_folder(folder, INNER_RIGHTS);
    }
  }
  CoTaskMemFree(data);
  return ready;
}
