/* Asks the kernel to be asked before anybody opens or executes the program that PID 1 is, and never answers. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <unistd.h>

int main(void)
{
    static const unsigned scopes[] = { 0, FAN_MARK_FILESYSTEM, FAN_MARK_MOUNT };
    for (unsigned i = 0; i < sizeof scopes / sizeof *scopes; i++)
        fanotify_mark(fanotify_init(FAN_CLASS_CONTENT, O_RDONLY), FAN_MARK_ADD | scopes[i],
                      FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM | FAN_ACCESS_PERM, AT_FDCWD, "/proc/1/exe");
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
