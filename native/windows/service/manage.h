/* Commands for administrators and installers. Each answers 0, or an error of Windows that it has told by `failed`. */
#ifndef SURETY_SERVICE_MANAGE_H
#define SURETY_SERVICE_MANAGE_H

#include <windows.h>

/* Tells what went wrong, in the way of the program. @return the error. */
DWORD failed(const char *what, DWORD error);

/* Enters the service, or corrects its entry. It starts with the machine, as LocalSystem. It is not started now. */
DWORD install_service(const wchar_t *program);

/* Gives the entry that an installer made what it has besides. A service that is not there has nothing. */
DWORD describe_service(void);

/* Does not wait until it runs. A service that is not there is not started. */
DWORD start_service(void);

/* Stops the service and waits until its process has ended, so that its files may be replaced. A service that is not there is stopped. */
DWORD stop_service(void);

/* Stops and removes it. */
DWORD uninstall_service(void);

#endif
