/* The bare kernel work of one container, without a check: fork server, PID 1 and the beginning of a command. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "kernel.h"
#include "wire.h"

enum { CONTROL = 0, NEWCOMER_FDS = 64, FDS_MAX = 16, THREAD_STACK = 16 * 1024 };

static union {
  struct setup setup;
  struct command command;
  char bytes[REQUEST_MAX];
} received __attribute__((aligned(4096)));

union rights {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

static void answer(struct answer words, int fd) {
  union rights rights;
  struct iovec part = {&words, sizeof words};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (fd >= 0) {
    rights.header = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
    *(int *)CMSG_DATA(&rights.header) = fd;
    message.msg_control = &rights, message.msg_controllen = CMSG_SPACE(sizeof fd);
  }
  KERNEL(sendmsg, CONTROL, &message, MSG_NOSIGNAL);
}

/* Gives up, and says where. */
static long checked(long result, int line) {
  if (result < 0) {
    answer((struct answer){-result, line, 0}, -1);
    KERNEL(exit_group, 1);
  }
  return result;
}
#define DO(...) checked(KERNEL(__VA_ARGS__), __LINE__)

static void block_signals(uint64_t which) { KERNEL(rt_sigprocmask, SIG_SETMASK, &which, 0, sizeof which); }

/* --- The container --- */

static void enter_root(const char *root) {
  DO(mount, 0, "/", 0, MS_SLAVE | MS_REC, 0);
  DO(mount, root, root, 0, MS_BIND | MS_REC, 0);
  DO(chdir, root);
  DO(pivot_root, ".", ".");
  DO(umount2, ".", MNT_DETACH);
  DO(chdir, "/");
}

static const struct file_system {
  const char *source, *target, *type, *options;
  unsigned long flags;
} file_systems[] = {
    {"tmpfs", "/dev", "tmpfs", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME},
    {"devpts", "/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC},
    {"tmpfs", "/dev/shm", "tmpfs", "mode=1777,size=65536k", MS_NOSUID | MS_NOEXEC | MS_NODEV},
    {"mqueue", "/dev/mqueue", "mqueue", 0, MS_NOSUID | MS_NOEXEC | MS_NODEV},
    {"sysfs", "/sys", "sysfs", 0, MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY},
    {"tmpfs", "/run", "tmpfs", "mode=1777,size=65536k", MS_NOSUID | MS_NOEXEC | MS_NODEV},
};

static const struct node {
  const char *path;
  unsigned char major, minor;
} nodes[] = {
    {"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/full", 1, 7}, {"/dev/tty", 5, 0}, {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9},
};

static void fill_root(void) {
  const struct file_system *fs = file_systems, *fs_end = fs + sizeof file_systems / sizeof *fs;
  for (; fs < fs_end; fs++) {
    DO(mount, fs->source, fs->target, fs->type, fs->flags, fs->options);
    if (fs == file_systems) {
      DO(mkdir, "/dev/pts", 0755);
      DO(mkdir, "/dev/shm", 0755);
      DO(mkdir, "/dev/mqueue", 0755);
    }
  }
  const struct node *node = nodes, *nodes_end = node + sizeof nodes / sizeof *node;
  for (; node < nodes_end; node++) DO(mknod, node->path, S_IFCHR | 0666, node->major << 8 | node->minor);
  DO(sethostname, "localhost", 9);
}

/* --- PID 1: makes the mount that belongs to its pid namespace, and sleeps until the fork server goes --- */

static void live_as_pid1(int lifeline) {
  struct {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
  } ignored = {SIG_IGN, 0, 0, 0};
  int32_t error = -KERNEL(mount, "proc", "/proc", "proc", 0, 0);
  memset(&received.setup, 0, sizeof received.setup);
  KERNEL(dup3, lifeline, 0, 0);
  KERNEL(close_range, 1, ~0u, 0);
  KERNEL(rt_sigaction, SIGCHLD, &ignored, 0, sizeof ignored.mask);
  KERNEL(write, 0, &error, sizeof error);
  KERNEL(read, 0, &error, sizeof error);
  KERNEL(exit_group, 0);
}

static int clone_pid1(int *pidfd) {
  int ends[2];
  int32_t error = EIO;
  struct clone_args how = {
      .flags = CLONE_NEWPID | CLONE_PIDFD, .pidfd = (uint64_t)pidfd, .exit_signal = SIGCHLD};
  DO(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
  long pid = DO(clone3, &how, sizeof how);
  if (pid == 0) live_as_pid1(ends[1]);
  KERNEL(close, ends[1]);
  DO(read, ends[0], &error, sizeof error);
  checked(-error, __LINE__);
  return pid;
}

/* --- A command: cloned by a thread that first lets go of every descriptor but those it is to have --- */

struct job {
  char **arguments, **environment;
  const int *fds;
  int count, pid1; /* The last descriptor is the pipe for the report. */
  long pid;
};

static char thread_stack[THREAD_STACK] __attribute__((aligned(16)));

static void become_command(const struct job *job) {
  int report = job->count - 1;
  for (int fd = 0; fd < job->count; fd++) KERNEL(dup3, NEWCOMER_FDS + fd, fd, fd == report ? O_CLOEXEC : 0);
  KERNEL(close_range, job->count, ~0u, 0);
  block_signals(0);
  int32_t error = -KERNEL(execve, job->arguments[0], job->arguments, job->environment);
  KERNEL(write, report, &error, sizeof error);
  KERNEL(exit_group, 127);
}

static void thread(void *argument) {
  struct job *job = argument;
  struct clone_args how = {.flags = CLONE_PARENT | CLONE_CLEAR_SIGHAND};
  for (int i = 0; i < job->count; i++) KERNEL(dup3, job->fds[i], NEWCOMER_FDS + i, 0);
  job->pid = KERNEL(setns, job->pid1, CLONE_NEWPID);
  KERNEL(close_range, 0, NEWCOMER_FDS - 1, 0);
  KERNEL(close_range, NEWCOMER_FDS + job->count, ~0u, 0);
  if (job->pid == 0) job->pid = KERNEL(clone3, &how, sizeof how);
  if (job->pid == 0) become_command(job);
  KERNEL(exit, 0);
}

static char *split(char *strings, char **into, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    into[i] = strings;
    while (*strings++) {}
  }
  into[count] = 0;
  return strings;
}

static void serve_command(const int *fds, int count, int pid1) {
  struct command *command = &received.command;
  char *arguments[command->arguments + 1], *environment[command->variables + 1];
  split(split(command->strings, arguments, command->arguments), environment, command->variables);
  struct job job = {arguments, environment, fds, count, pid1, 0};
  struct clone_args how = {.flags = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_FS | CLONE_VFORK,
                           .stack = (uint64_t)thread_stack,
                           .stack_size = sizeof thread_stack};
  long started = clone_thread(&how, sizeof how, thread, &job);
  long outcome = started < 0 ? started : job.pid;
  int pidfd = KERNEL(pidfd_open, outcome, 0);
  for (int i = 0; i < count; i++) KERNEL(close, fds[i]);
  answer((struct answer){outcome < 0 ? -outcome : 0, __LINE__, outcome}, pidfd);
  KERNEL(close, pidfd);
}

/* --- The fork server --- */

static void serve(int pid1, int pid1_fd) {
  for (;;) {
    union rights rights;
    struct iovec part = {&received, sizeof received};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    long got = KERNEL(recvmsg, CONTROL, &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) {
      KERNEL(kill, pid1, SIGKILL);
      KERNEL(wait4, pid1, 0, __WALL, 0);
      KERNEL(exit_group, 0);
    }
    int count = message.msg_controllen ? (rights.header.cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
    serve_command((int *)CMSG_DATA(&rights.header), count, pid1_fd);
  }
}

__attribute__((used)) static void launch(void) {
  int pidfd = -1;
  block_signals(~0ull);
  KERNEL(close_range, 1, ~0u, 0);
  DO(recvfrom, CONTROL, &received, sizeof received, 0, 0, 0);
  KERNEL(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  DO(unshare, CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
                  (received.setup.isolate_network ? CLONE_NEWNET : 0));
  enter_root(received.setup.root);
  fill_root();
  int pid1 = clone_pid1(&pidfd);
  answer((struct answer){0, 0, pid1}, pidfd);
  serve(pid1, pidfd);
}

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  and $-16, %rsp\n"
    "  call launch\n"
    "  ud2\n");
