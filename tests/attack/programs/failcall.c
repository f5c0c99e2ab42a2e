/* Runs a program and makes one of its system calls fail: failcall CALL ERRNO WHICH ARMED PROGRAM [ARGUMENT...]
   ERRNO 0 makes it slow, -1 kills who makes it. WHICH counts from 1, 0 is every time; nothing fails until there is a file ARMED. Writes there how often it
   did, and ends as the program does. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL(name) { #name, SYS_##name }
static const struct { const char *name; int number; } calls[] = {
    CALL(unshare), CALL(mount_setattr), CALL(open_tree), CALL(fsopen), CALL(fsconfig), CALL(fsmount), CALL(move_mount), CALL(mount),
    CALL(pivot_root), CALL(umount2), CALL(openat2), CALL(openat), CALL(mknodat), CALL(symlinkat), CALL(mkdirat),
    CALL(sethostname), CALL(clone3), CALL(execveat), CALL(execve), CALL(memfd_create), CALL(pidfd_open),
    CALL(pidfd_send_signal), CALL(setns), CALL(close_range), CALL(socketpair), CALL(prctl), CALL(sendmsg),
    CALL(recvmsg), CALL(ppoll), CALL(fchdir), CALL(waitid), CALL(wait4), CALL(dup3), CALL(fcntl), CALL(pipe2),
    CALL(setsockopt), CALL(prlimit64), CALL(setgroups), CALL(setgid), CALL(setuid), CALL(setsid), CALL(setpgid),
    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(mmap), CALL(munmap), CALL(madvise), CALL(lseek), CALL(read),
    CALL(shutdown), CALL(capget), CALL(fstatfs), CALL(statx), CALL(ioctl), CALL(fchownat), CALL(getpgid), CALL(umask),
#ifdef SYS_poll
    CALL(poll),
#endif
};

static struct { volatile int listener, go; } *shared;

static void become(int number, char **program)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog all = { .len = sizeof filter / sizeof *filter, .filter = filter };
    int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &all);
    shared->listener = listener < 0 ? -errno : listener;
    while (!shared->go) {}
    close(listener);
    execv(program[0], program);
    _exit(99);
}

int main(int count, char **arguments)
{
    int number = -1, called = 0, failed = 0, status = 0;
    if (count < 6)
        return 98;
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        if (!strcmp(calls[i].name, arguments[1]))
            number = calls[i].number;
    if (number < 0)
        return 97;
    int error = atoi(arguments[2]), which = atoi(arguments[3]);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();
    if (child == 0)
        become(number, arguments + 5);
    while (!shared->listener)
        usleep(100);
    if (shared->listener < 0)
        return 96;
    int process = syscall(SYS_pidfd_open, child, 0);
    int listener = syscall(SYS_pidfd_getfd, process, shared->listener, 0);
    shared->go = 1;
    for (;;) {
        /* It ends when the program and all that it has left behind have, which this has to reap. */
        struct pollfd watched = { .fd = listener, .events = POLLIN };
        int ended, ready = poll(&watched, 1, 10);
        for (pid_t pid; (pid = waitpid(-1, &ended, WNOHANG | __WALL)) > 0;)
            if (pid == child)
                status = ended;
        if (ready <= 0)
            continue;
        if (!(watched.revents & POLLIN))
            break;
        struct seccomp_notif notice = { 0 };
        struct seccomp_notif_resp answer = { 0 };
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice) < 0)
            continue;
        answer.id = notice.id;
        if (access(arguments[4], F_OK) == 0 && (++called == which || which == 0)) {
            answer.error = error > 0 ? -error : 0;
            answer.flags = error > 0 ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE;
            if (error < 0)
                kill(notice.pid, SIGKILL);
            if (error == 0)
                usleep(20000);
            failed++;
        } else {
            answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        }
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    for (int ended; (number = waitpid(-1, &ended, __WALL)) > 0;)
        if (number == child)
            status = ended;
    FILE *armed = fopen(arguments[4], "w");
    fprintf(armed, "%d", failed);
    fclose(armed);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
