/*
 * holder SHARED PORT [FILE]: keeps a connection to 127.0.0.1:PORT, and a file open. It sends each step as a line, and expects it back.
 * Ends with 4 when the connection is lost.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "living.h"

int main(int count, char **arguments) {
  char sent[32], got[32];
  begin_living(count, arguments);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number_at(count, arguments, 2, 0))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) return 2;
  int file = count > 3 ? open(arguments[3], O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
  for (;;) {
    int length = snprintf(sent, sizeof sent, "%" PRIu64 "\n", living->count);
    if (send(fd, sent, (size_t)length, MSG_NOSIGNAL) != length) return 4;
    if (recv(fd, got, (size_t)length, MSG_WAITALL) != length || memcmp(sent, got, (size_t)length) != 0) return 4;
    if (file >= 0 && pwrite(file, sent, (size_t)length, 0) != length) return 3;
    step();
    rest(1000);
  }
}
