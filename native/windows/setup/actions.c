#include <stdio.h>
#include <wchar.h>

#include "../service/data-folder.h"
#include "../service/manage.h"
#include "enrolment-place.h"
#include "given.h"
#include "programs.h"
#include "setup.h"

/* Windows Installer runs one action at a time in a process. */
static MSIHANDLE current;

static void tell(MSIHANDLE install, INSTALLMESSAGE kind, const wchar_t *text) {
  MSIHANDLE record = MsiCreateRecord(1);
  if (record == 0) return;
  /* Brackets in the text are no properties. */
  MsiRecordSetStringW(record, 0, L"[1]");
  MsiRecordSetStringW(record, 1, text);
  MsiProcessMessage(install, kind, record);
  MsiCloseHandle(record);
}

bool refuse(MSIHANDLE install, const wchar_t *text) {
  tell(install, INSTALLMESSAGE_ERROR, text);
  return false;
}

DWORD failed(const char *what, DWORD error) {
  wchar_t text[256];
  _snwprintf(text, 255, L"Surety: %hs: error %lu", what, (unsigned long)error);
  text[255] = 0;
  tell(current, INSTALLMESSAGE_INFO, text);
  return error;
}

static UINT answer(bool is_done) { return is_done ? ERROR_SUCCESS : ERROR_INSTALL_FAILURE; }

/* Before anything is changed. It leaves what it read for WriteSettings. */
UINT __stdcall ReadSettings(MSIHANDLE install) {
  wchar_t enrolment[ENROLMENT_WORDS] = {0};
  bool is_done = read_given(install, enrolment);
  if (is_done && enrolment[0] != 0) is_done = MsiSetPropertyW(install, L"WriteSettings", enrolment) == ERROR_SUCCESS;
  MsiSetPropertyW(install, L"ENROLMENT", L"");
  SecureZeroMemory(enrolment, sizeof enrolment);
  return answer(is_done);
}

/* Refuses a folder that another user made, before anything secret is put there. */
UINT __stdcall PrepareData(MSIHANDLE install) {
  wchar_t folder[PATH_WORDS];
  if (prepare_data_folder(folder, L"logs")) {
    /* Of an installation that was cut off. */
    restore_enrolment();
    keep_enrolment();
    return ERROR_SUCCESS;
  }
  refuse(install, L"The folder Surety in ProgramData cannot be made, or belongs to another user. Remove it, then install again.");
  return ERROR_INSTALL_FAILURE;
}

/* False if the action was given nothing. */
static bool given_path(MSIHANDLE install, wchar_t path[PATH_WORDS]) {
  DWORD words = PATH_WORDS;
  return MsiGetPropertyW(install, L"CustomActionData", path, &words) == ERROR_SUCCESS && path[0] != 0;
}

/* It is given the folder of the programs. */
UINT __stdcall WaitStopped(MSIHANDLE install) {
  wchar_t folder[PATH_WORDS];
  current = install;
  if (stop_service() != 0) {
    refuse(install, L"The service suretyd does not stop. Restart the device, then try again.");
    return ERROR_INSTALL_FAILURE;
  }
  /* Windows replaces a file that is in use at its next start. */
  if (given_path(install, folder) && !end_programs(folder)) tell(install, INSTALLMESSAGE_INFO, L"Surety: a program does not end.");
  return ERROR_SUCCESS;
}

/* It is given the program. */
UINT __stdcall StartTray(MSIHANDLE install) {
  wchar_t program[PATH_WORDS];
  if (given_path(install, program)) start_for_users(program);
  return ERROR_SUCCESS;
}

/* The last step of a rollback. */
UINT __stdcall StartAgain(MSIHANDLE install) {
  current = install;
  start_service();
  return ERROR_SUCCESS;
}

UINT __stdcall DescribeService(MSIHANDLE install) {
  current = install;
  describe_service();
  return ERROR_SUCCESS;
}

UINT __stdcall WriteSettings(MSIHANDLE install) {
  wchar_t enrolment[ENROLMENT_WORDS];
  DWORD words = ENROLMENT_WORDS;
  const bool is_done = MsiGetPropertyW(install, L"CustomActionData", enrolment, &words) == ERROR_SUCCESS &&
                       is_enrolment(enrolment) && write_enrolment(enrolment);
  SecureZeroMemory(enrolment, sizeof enrolment);
  return answer(is_done || refuse(install, L"The enrolment string cannot be written to the folder Surety in ProgramData."));
}

UINT __stdcall UndoSettings(MSIHANDLE install) {
  (void)install;
  restore_enrolment();
  return ERROR_SUCCESS;
}

UINT __stdcall KeepSettings(MSIHANDLE install) {
  (void)install;
  keep_enrolment();
  return ERROR_SUCCESS;
}

/* The script of the installation has it by now, which others cannot read. */
UINT __stdcall ForgetSettings(MSIHANDLE install) {
  MsiSetPropertyW(install, L"WriteSettings", L"");
  return ERROR_SUCCESS;
}

/* What stays is no reason to keep the programs. */
UINT __stdcall RemoveData(MSIHANDLE install) {
  if (!remove_data_folder()) tell(install, INSTALLMESSAGE_INFO, L"Surety: parts of the folder Surety in ProgramData stay.");
  return ERROR_SUCCESS;
}
