/* counter SHARED: an ordinary program that works on. */
#include "living.h"

int main(int count, char **arguments) {
  begin_living(count, arguments);
  for (;;) {
    step();
    rest(1000);
  }
}
