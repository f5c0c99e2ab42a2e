/* The yardstick's caller.
 *
 *   driver ROOT
 *   driver --once [--isolate-network] ROOT
 *
 * A line of standard input is a list of steps: start, run and stop a container, or spawn its /bin/true outside of it.
 * Each line is answered with one: how many nanoseconds each step took.
 *
 * With --once it does the first three once, and says nothing: a process to be compared as a whole.
 *
 * It is compiled with -DLAUNCHER="FILE", which it carries as the product carries furnace-init. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "wire.h"

extern char **environ;

static struct setup setup;
static char program[64], host_true[sizeof setup.root + 16];
static int control, pid1_fd;
static pid_t fork_server;

static long checked(long result, const char *call) {
  if (result >= 0) return result;
  fprintf(stderr, "yardstick: %s: %s\n", call, strerror(errno));
  exit(1);
}
#define DO(call) checked((call), #call)

static void check_status(int status, const char *what) {
  if (status == 0) return;
  fprintf(stderr, "yardstick: %s ended with %#x\n", what, status);
  exit(1);
}

static struct answer receive(int *fd) {
  struct answer words;
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof *fd)];
  } rights = {0};
  struct iovec part = {&words, sizeof words};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
  if (DO(recvmsg(control, &message, MSG_CMSG_CLOEXEC)) != sizeof words || words.error) {
    fprintf(stderr, "yardstick: the launcher failed at its line %d: %s\n", words.line, strerror(words.error));
    exit(1);
  }
  memcpy(fd, CMSG_DATA(&rights.header), sizeof *fd);
  return words;
}

static void start(void) {
  int ends[2];
  char *arguments[] = {"yardstick", 0}, *environment[] = {0};
  posix_spawn_file_actions_t actions;
  DO(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
  errno = posix_spawn(&fork_server, program, &actions, 0, arguments, environment);
  DO(-errno);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  control = ends[0];
  DO(send(control, &setup, sizeof setup, 0));
  receive(&pid1_fd);
}

static char *append(char *at, char **strings, uint32_t *count) {
  for (*count = 0; strings[*count]; ++*count) at = stpcpy(at, strings[*count]) + 1;
  return at;
}

static void run(void) {
  static union {
    struct command command;
    char bytes[REQUEST_MAX];
  } request;
  char *arguments[] = {"/bin/true", 0};
  int report[2], pidfd, status, error;
  DO(pipe2(report, O_CLOEXEC));
  char *end = append(request.command.strings, arguments, &request.command.arguments);
  end = append(end, environ, &request.command.variables);

  int fds[] = {0, 1, 2, report[1]};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof fds)];
  } rights = {.header = {CMSG_LEN(sizeof fds), SOL_SOCKET, SCM_RIGHTS}};
  memcpy(CMSG_DATA(&rights.header), fds, sizeof fds);
  struct iovec part = {&request, end - request.bytes};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
  DO(sendmsg(control, &message, 0));
  close(report[1]);

  pid_t pid = receive(&pidfd).pid;
  check_status(DO(read(report[0], &error, sizeof error)), "the newcomer's report");
  close(report[0]);
  DO(waitpid(pid, &status, 0));
  close(pidfd);
  check_status(status, arguments[0]);
}

static void stop(void) {
  close(control);
  DO(waitpid(fork_server, 0, 0));
  close(pid1_fd);
}

static void spawn(void) {
  pid_t pid;
  int status;
  char *arguments[] = {"/bin/true", 0};
  errno = posix_spawn(&pid, host_true, 0, 0, arguments, environ);
  DO(-errno);
  DO(waitpid(pid, &status, 0));
  check_status(status, host_true);
}

static const struct step {
  const char *name;
  void (*act)(void);
} steps[] = {{"start", start}, {"run", run}, {"stop", stop}, {"spawn", spawn}};

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long timed(const char *name) {
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    if (strcmp(steps[i].name, name)) continue;
    long long begin = now();
    steps[i].act();
    return now() - begin;
  }
  fprintf(stderr, "yardstick: %s is no step\n", name);
  exit(2);
}

extern const char launcher[], launcher_end[];
__asm__(
    ".section .rodata\n"
    ".globl launcher, launcher_end\n"
    "launcher:\n"
    "  .incbin \"" LAUNCHER "\"\n"
    "launcher_end:\n"
    ".text\n");

/* Nothing may have a program open for writing while it is executed, so what is executed is opened anew. */
static void put_into_memory(void) {
  int memfd = DO(memfd_create("yardstick", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  DO(write(memfd, launcher, launcher_end - launcher));
  DO(fcntl(memfd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
  snprintf(program, sizeof program, "/proc/self/fd/%d", memfd);
  int readable = DO(open(program, O_RDONLY | O_CLOEXEC));
  snprintf(program, sizeof program, "/proc/self/fd/%d", readable);
  close(memfd);
}

int main(int argc, char **argv) {
  char line[256];
  int once = 0;
  for (; argv[1] && argv[1][0] == '-'; argv++) {
    if (!strcmp(argv[1], "--once")) once = 1;
    if (!strcmp(argv[1], "--isolate-network")) setup.isolate_network = 1;
  }
  if (!argv[1] || strlen(argv[1]) >= sizeof setup.root) return fprintf(stderr, "usage: driver [--once] ROOT\n"), 2;
  strcpy(setup.root, argv[1]);
  snprintf(host_true, sizeof host_true, "%s/bin/true", argv[1]);
  put_into_memory();
  if (once) return start(), run(), stop(), 0;
  while (fgets(line, sizeof line, stdin)) {
    for (char *name = strtok(line, " \n"); name; name = strtok(0, " \n")) printf("%lld ", timed(name));
    printf("\n");
    fflush(stdout);
  }
}
