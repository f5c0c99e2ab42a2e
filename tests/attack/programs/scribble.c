/* Writes over all memory of each newcomer that it can write to. */

int main(void)
{
    static char garbage[4096];
    int pid;
    memset(garbage, 0xa5, sizeof garbage);
    ready();
    while ((pid = next_newcomer(SIGSTOP))) {
        char line[512];
        FILE *maps = fopen(at(pid, "maps"), "re");
        int memory = open(at(pid, "mem"), O_RDWR | O_CLOEXEC), written = 0;
        newborn += is_newborn(pid);
        while (maps && fgets(line, sizeof line, maps)) {
            unsigned long from, to;
            if (sscanf(line, "%lx-%lx", &from, &to) != 2)
                continue;
            for (; from < to; from += sizeof garbage)
                written += pwrite(memory, garbage, sizeof garbage, from) > 0;
        }
        if (maps)
            fclose(maps);
        close(memory);
        kill(pid, SIGCONT);
        (void)written;
    }
    return summary();
}
