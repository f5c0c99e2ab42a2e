/* Mounts a file system that answers nothing but the greeting. Arguments: where, and `take` to take the questions, so
   that nobody who asks one can be killed any more, or `leave` to leave them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char question[FUSE_MIN_READ_BUFFER * 32];

int main(int count, char **arguments)
{
    char options[128];
    struct {
        struct fuse_out_header header;
        struct fuse_init_out greeting;
    } answer = { { sizeof answer, 0, 0 }, { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION } };

    if (count < 3 || (mknod("/tmp/fuse", S_IFCHR | 0600, makedev(10, 229)) && access("/tmp/fuse", F_OK)))
        return 1;
    int device = open("/tmp/fuse", O_RDWR);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
    if (device < 0 || mount("mute", arguments[1], "fuse", 0, options) || read(device, question, sizeof question) <= 0)
        return 1;
    answer.header.unique = ((struct fuse_in_header *)question)->unique;
    answer.greeting.max_write = 4096;
    if (write(device, &answer, sizeof answer) != sizeof answer)
        return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd either[] = { { .fd = 0, .events = POLLIN }, { .fd = device, .events = POLLIN } };
        int taking = !strcmp(arguments[2], "take");
        poll(either, 1 + taking, -1);
        if (either[0].revents)
            return 0;
        if (taking && read(device, question, sizeof question) <= 0)
            return 0;
    }
}
