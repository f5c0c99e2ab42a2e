/* Has each newborn send SIGKILL to its own process group, by writing that into its code. */

#if defined(__x86_64__)
static const unsigned char code[] = { 0x31, 0xff, 0xbe, 9, 0, 0, 0, 0xb8, 62, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xfe };
#elif defined(__aarch64__)
static const unsigned code[] = { 0xd2800000, 0xd2800121, 0xd2801028, 0xd4000001, 0x14000000 };
#endif

/* Where it will go on, once it has stopped. */
static unsigned long program_counter(int pid)
{
    for (int tries = 0; tries < 1000; tries++) {
        char text[256] = "", state = 0;
        int stat = open(at(pid, "stat"), O_RDONLY | O_CLOEXEC);
        if (stat < 0 || read(stat, text, sizeof text - 1) <= 0) {
            close(stat);
            return 0;
        }
        close(stat);
        state = strrchr(text, ')')[2];
        if (state == 'T') {
            int file = open(at(pid, "syscall"), O_RDONLY | O_CLOEXEC);
            ssize_t length = read(file, text, sizeof text - 1);
            close(file);
            if (length <= 0)
                return 0;
            text[length] = 0;
            return strtoul(strrchr(text, ' '), NULL, 16);
        }
    }
    return 0;
}

int main(void)
{
    int pid;
    ready();
    while ((pid = next_newcomer(SIGSTOP))) {
        unsigned long counter = is_newborn(pid) ? program_counter(pid) : 0;
        if (counter && is_newborn(pid)) {
            int memory = open(at(pid, "mem"), O_RDWR | O_CLOEXEC);
            newborn += pwrite(memory, code, sizeof code, counter) == sizeof code;
            close(memory);
        }
        kill(pid, SIGCONT);
    }
    return summary();
}
