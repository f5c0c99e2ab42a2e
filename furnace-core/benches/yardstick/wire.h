/* What driver and launcher say to each other: one SOCK_SEQPACKET message each way. */
#include <stdint.h>

enum { REQUEST_MAX = 128 * 1024 };

/* The first message: where the container's root directory is, and whether it has a network of its own. */
struct setup {
  uint32_t isolate_network;
  char root[4096];
};

/* Every other: a command. Its arguments, then its environment, one string after the other, each with its NUL. */
struct command {
  uint32_t arguments, variables;
  char strings[];
};

/* With a container comes a pidfd of PID 1, with a command a pidfd of its process. */
struct answer {
  int32_t error, line, pid;
};
