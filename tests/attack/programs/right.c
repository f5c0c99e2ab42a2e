/* Whether a container has what every container has; and what is in the files named as arguments. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct {
    const char *path;
    unsigned long type;
} places[] = {
    {"/proc", 0x9fa0},         {"/proc/self", 0x9fa0}, {"/dev", 0x01021994}, {"/dev/pts", 0x1cd1},
    {"/dev/shm", 0x01021994},  {"/dev/mqueue", 0x19800202}, {"/sys", 0x62656572}, {"/run", 0x01021994},
};

int main(int argc, char **argv)
{
    int wrong = 0;
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        struct statfs fs = {0};
        if (statfs(places[i].path, &fs) || (unsigned long)fs.f_type != places[i].type) {
            printf("wrong: %s is of type %lx\n", places[i].path, (unsigned long)fs.f_type);
            wrong = 1;
        }
    }
    struct stat null;
    int fd = open("/dev/null", O_WRONLY);
    if (fd < 0 || fstat(fd, &null) || !S_ISCHR(null.st_mode) || null.st_rdev != makedev(1, 3) || write(fd, "x", 1) != 1) {
        puts("wrong: /dev/null");
        wrong = 1;
    }
    for (int i = 1; i < argc; i++) {
        static char content[65536];
        int file = open(argv[i], O_RDONLY | O_NONBLOCK);
        long length = file < 0 ? -1 : read(file, content, sizeof content);
        if (length < 0) {
            printf("wrong: can't read %s\n", argv[i]);
            wrong = 1;
        } else {
            fflush(stdout);
            write(1, content, length);
        }
    }
    return wrong;
}
