/* Sleeps for the milliseconds in its second argument. It has no C library, because loading one is most of an exec. */
struct pause { long seconds, nanoseconds; };

#if defined(__x86_64__)
static long call(long number, long a, long b) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
  return result;
}
enum { NANOSLEEP = 35, EXIT = 231 };
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
static long call(long number, long a, long b) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
  return x0;
}
enum { NANOSLEEP = 101, EXIT = 94 };
__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n");
#endif

void begin(const long *stack) {
  const char *const *words = (const char *const *)(stack + 1);
  long ms = 0;
  if (stack[0] > 2)
    for (const char *digit = words[2]; *digit != 0; digit++) ms = ms * 10 + (*digit - '0');
  struct pause pause = {ms / 1000, ms % 1000 * 1000000};
  if (ms > 0) call(NANOSLEEP, (long)&pause, 0);
  for (;;) call(EXIT, 0, 0);
}
