/* Looks at everything of each newcomer. Arguments: STOP (0 or 1), then strings that must be nowhere in it. */

static char **needles;

/* No line is repeated for ever: what was found some times has been found. */
static void found(int pid, const char *what, const char *which)
{
    static int lines;
    if (lines++ < 40)
        printf("found in %d%s: %s %s\n", pid, is_newborn(pid) ? " (newborn)" : "", what, which);
}

static void look_at_descriptors(int pid)
{
    DIR *directory = opendir(at(pid, "fd"));
    int pipes = 0, nulls = 0;
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char name[64], link[256];
        struct stat of;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "fd/%.20s", entry->d_name);
        ssize_t length = readlink(at(pid, name), link, sizeof link - 1);
        if (length < 0 || stat(at(pid, name), &of) < 0)
            continue;
        link[length] = 0;
        if (S_ISCHR(of.st_mode) && of.st_rdev == makedev(1, 3))
            nulls++;
        else if (S_ISFIFO(of.st_mode))
            pipes++;
        else
            found(pid, "descriptor", link);
    }
    closedir(directory);
    /* Moving them to their places makes copies for a moment. */
    if (nulls > 6)
        found(pid, "descriptor", "one more /dev/null");
    if (pipes > 2)
        found(pid, "descriptor", "one more pipe");
}

static void look_at_places(int pid, const char *name)
{
    struct stat own, its;
    if (stat("/", &own) == 0 && stat(at(pid, name), &its) == 0 && (own.st_dev != its.st_dev || own.st_ino != its.st_ino))
        found(pid, "a place outside:", name);
}

static void look_at_namespace(int pid, const char *name)
{
    struct stat own, its;
    if (stat(at(getpid(), name), &own) == 0 && stat(at(pid, name), &its) == 0 && own.st_ino != its.st_ino)
        found(pid, "another namespace:", name);
}

static void look_for_needles(int pid, const char *where, const char *bytes, size_t length)
{
    for (char **needle = needles; *needle; needle++)
        if (memmem(bytes, length, *needle, strlen(*needle)))
            found(pid, *needle, where);
}

static void look_into_file(int pid, const char *name)
{
    static char bytes[1 << 16];
    int file = open(at(pid, name), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t length = read(file, bytes, sizeof bytes);
    if (length > 0)
        look_for_needles(pid, name, bytes, length);
    close(file);
}

static void look_into_memory(int pid)
{
    static char bytes[1 << 20];
    char line[512];
    FILE *maps = fopen(at(pid, "maps"), "re");
    int memory = open(at(pid, "mem"), O_RDONLY | O_CLOEXEC);
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3)
            continue;
        if (rights[3] == 's')
            found(pid, "shared memory", line);
        for (; from < to; from += sizeof bytes) {
            size_t length = to - from < sizeof bytes ? to - from : sizeof bytes;
            ssize_t got = pread(memory, bytes, length, from);
            if (got > 0)
                look_for_needles(pid, "memory", bytes, got);
        }
    }
    if (maps)
        fclose(maps);
    close(memory);
}

int main(int count, char **arguments)
{
    int stop = count > 1 && arguments[1][0] == '1', pid;
    needles = arguments + 2;
    ready();
    while ((pid = next_newcomer(stop ? SIGSTOP : 0))) {
        int before = is_newborn(pid);
        look_at_descriptors(pid);
        look_at_places(pid, "root/.");
        look_at_places(pid, "cwd/.");
        look_at_namespace(pid, "ns/mnt");
        look_at_namespace(pid, "ns/ipc");
        look_at_namespace(pid, "ns/uts");
        look_at_namespace(pid, "ns/cgroup");
        look_at_namespace(pid, "ns/pid");
        look_into_file(pid, "environ");
        look_into_file(pid, "cmdline");
        look_into_memory(pid);
        newborn += before && is_newborn(pid);
        if (stop)
            kill(pid, SIGCONT);
    }
    return summary();
}
