/* The service towards the service control manager. */
#ifndef SURETY_SERVICE_CONTROL_H
#define SURETY_SERVICE_CONTROL_H

#include <windows.h>

/* Runs as the service that the manager has started, from this folder. @return 0, or an error of Windows: nobody started us as a service. */
DWORD run_service(const wchar_t *folder);

#endif
