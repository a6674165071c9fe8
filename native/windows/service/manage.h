/* Commands for administrators and installers. Each answers 0, or an error of Windows that it has printed. */
#ifndef SURETY_SERVICE_MANAGE_H
#define SURETY_SERVICE_MANAGE_H

#include <windows.h>

/* Enters the service, or corrects its entry. It starts with the machine, as LocalSystem. It is not started now. */
DWORD install_service(const wchar_t *program);

/* Stops the service and waits until its process has ended, so that its files may be replaced. A service that is not there is stopped. */
DWORD stop_service(void);

/* Stops and removes it. */
DWORD uninstall_service(void);

#endif
