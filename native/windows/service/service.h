/*
 * surety-service: the service of Windows that keeps `suretyd` running. It starts node.exe with the daemon in a job, so that nothing
 * of it outlives the service. It stops the daemon by the end of its standard input and starts it again when it ends by itself. The
 * installed daemon may ask it to start a version that updates brought.
 */
#ifndef SURETY_SERVICE_H
#define SURETY_SERVICE_H

#define SERVICE_NAME L"suretyd"
/* Program folders and data folders are far shorter. A longer path is refused. */
#define PATH_WORDS 1024

#endif
