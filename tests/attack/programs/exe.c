/* Tries to change the program that PID 1 and newborns execute. */
static void found(const char *what)
{
    printf("found: %s\n", what);
}

static void attack_through(const char *path)
{
    char again[64];
    int file;
    const int ways[] = { O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_WRONLY | O_APPEND };
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
        if ((file = open(path, ways[i] | O_CLOEXEC)) >= 0) {
            if (write(file, "#!", 2) > 0 || ftruncate(file, 0) == 0)
                found("it was written to");
            close(file);
        }
    for (int how = 0; how < 2; how++) {
        file = open(path, (how ? O_PATH : O_RDONLY) | O_CLOEXEC);
        snprintf(again, sizeof again, "/proc/self/fd/%d", file);
        int writable = file < 0 ? -1 : open(again, O_RDWR | O_CLOEXEC);
        if (writable >= 0 && (write(writable, "#!", 2) > 0 || ftruncate(writable, 0) == 0))
            found("it was written to through a descriptor");
        close(writable);
        close(file);
    }
    if (truncate(path, 0) == 0)
        found("it was cut");
    if (chmod(path, 0) == 0)
        found("it can't be executed any more");
}

/* It may be another program by now: a descriptor goes on meaning what it was opened for. */
static void attack(const char *exe)
{
    char path[64], program[256] = "";
    int place = open(exe, O_PATH | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", place);
    if (readlink(path, program, sizeof program - 1) > 0 && strstr(program, "furnace-init"))
        attack_through(path);
    close(place);
}

int main(void)
{
    int pid;
    ready();
    attack("/proc/1/exe");
    while ((pid = next_newcomer(SIGSTOP))) {
        char exe[32];
        if (is_newborn(pid)) {
            newborn++;
            snprintf(exe, sizeof exe, "/proc/%d/exe", pid);
            attack(exe);
        }
        kill(pid, SIGCONT);
        attack("/proc/1/exe");
    }
    return summary();
}
