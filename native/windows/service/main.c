#include <windows.h>

#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

#include "control.h"
#include "manage.h"
#include "service.h"

#define EXIT_FAILED 1
#define WRONG_USAGE 2

static const char USAGE[] =
    "Usage: surety-service --install | --uninstall | --wait-stopped | --version\n"
    "\n"
    "  --install        enter the service suretyd, which starts with Windows; does not start it\n"
    "  --uninstall      stop the service and remove it\n"
    "  --wait-stopped   stop the service and wait until its program has ended\n"
    "\n"
    "Without an argument it is the service itself, and only Windows can start it.\n";

DWORD failed(const char *what, DWORD error) {
  fprintf(stderr, "surety-service: %s: error %lu\n", what, (unsigned long)error);
  return error;
}

static int exit_code(DWORD error) { return error == 0 ? 0 : EXIT_FAILED; }

/* Of this program. False if it is too long. */
static bool own_path(wchar_t path[PATH_WORDS], wchar_t folder[PATH_WORDS]) {
  const DWORD length = GetModuleFileNameW(NULL, path, PATH_WORDS);
  if (length == 0 || length >= PATH_WORDS) return false;
  wcscpy(folder, path);
  wchar_t *name = wcsrchr(folder, L'\\');
  if (name == NULL) return false;
  *name = 0;
  return true;
}

int wmain(int count, wchar_t **arguments) {
  wchar_t path[PATH_WORDS], folder[PATH_WORDS];
  /* Libraries of Windows alone, and no windows that wait for a person. */
  SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  if (!own_path(path, folder)) {
    fprintf(stderr, "surety-service: its own path is too long\n");
    return EXIT_FAILED;
  }
  const wchar_t *command = count == 2 ? arguments[1] : L"";
  if (count == 1) {
    const DWORD error = run_service(folder);
    if (error == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
      fprintf(stderr, "surety-service: only Windows can start the service: sc start suretyd\n\n%s", USAGE);
      return WRONG_USAGE;
    }
    return exit_code(error);
  }
  if (wcscmp(command, L"--install") == 0) return exit_code(install_service(path));
  if (wcscmp(command, L"--uninstall") == 0) return exit_code(uninstall_service());
  if (wcscmp(command, L"--wait-stopped") == 0) return exit_code(stop_service());
  if (wcscmp(command, L"--version") == 0) {
    printf("surety-service %s\n", SURETY_VERSION);
    return 0;
  }
  if (wcscmp(command, L"--help") == 0) {
    fputs(USAGE, stdout);
    return 0;
  }
  fputs(USAGE, stderr);
  return WRONG_USAGE;
}
