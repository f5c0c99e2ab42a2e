/* Takes every channel out of each newcomer, and says things in it that are not so. */

/* Stage and errno of a report; the last is no stage, the one before no errno. */
static const unsigned reports[][2] = { { 13, 2 }, { 5, 11 }, { 0, 0 }, { 14, 2 }, { 13, 0xffffffff }, { 4711, 1 } };

static void forge(int channel, int turn)
{
    char garbage[5000];
    memset(garbage, turn, sizeof garbage);
    switch (turn % 9) {
    case 0: case 1: case 2: case 3: case 4: case 5:
        if (write(channel, reports[turn % 9], sizeof reports[0]) < 0) {}
        break;
    case 6:
        if (write(channel, garbage, 1) < 0) {}
        break;
    case 7:
        if (write(channel, garbage, sizeof garbage) < 0) {}
        break;
    default:
        /* What it says itself is taken away before anybody reads it. */
        usleep(2000);
    }
}

int main(void)
{
    int pid, turn = 0, sockets = 0;
    ready();
    while ((pid = next_newcomer(SIGSTOP))) {
        int stolen[16], count = 0;
        int process = syscall(SYS_pidfd_open, pid, 0);
        newborn += is_newborn(pid);
        for (int fd = 0; process >= 0 && fd < 64 && count < 16; fd++) {
            struct stat of;
            int copy = syscall(SYS_pidfd_getfd, process, fd, 0);
            if (copy < 0)
                continue;
            sockets += fstat(copy, &of) == 0 && S_ISSOCK(of.st_mode);
            if (S_ISFIFO(of.st_mode) || S_ISSOCK(of.st_mode))
                stolen[count++] = copy;
            else
                close(copy);
        }
        for (int i = 0; i < count; i++)
            forge(stolen[i], turn);
        turn++;
        kill(pid, SIGCONT);
        if (turn % 4 == 0)
            usleep(5000);
        for (int i = 0; i < count; i++)
            close(stolen[i]);
        close(process);
    }
    printf("sockets %d\n", sockets);
    return summary();
}
