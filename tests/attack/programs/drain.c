/* Says something in the pipe of each newborn, takes it back a moment later, and keeps the pipe open. By readv(2), for
   read(2) is what others are slow at. */
#include <sys/uio.h>

int main(void)
{
    static const unsigned report[] = { 13, 2 };
    char bytes[64];
    struct iovec part = { bytes, sizeof bytes };
    int pid;
    ready();
    while ((pid = next_newcomer(SIGSTOP))) {
        int process = syscall(SYS_pidfd_open, pid, 0);
        newborn += is_newborn(pid);
        for (int fd = 0; process >= 0 && fd < 64; fd++) {
            struct stat of;
            char name[16];
            int to_write = syscall(SYS_pidfd_getfd, process, fd, 0), to_read;
            if (to_write < 0 || fstat(to_write, &of) < 0 || !S_ISFIFO(of.st_mode)) {
                close(to_write);
                continue;
            }
            snprintf(name, sizeof name, "fd/%d", fd);
            to_read = open(at(pid, name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
            if (write(to_write, report, sizeof report) < 0) {}
            usleep(5000);
            if (readv(to_read, &part, 1) < 0) {}
            /* Both ends stay open for as long as this lives. */
        }
        close(process);
        kill(pid, SIGCONT);
    }
    return summary();
}
