/* Says which of memory, file system context, descriptors the processes given share. */
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **pids)
{
    static const struct { int kind; const char *name; } shared[] = {
        { KCMP_VM, "memory" }, { KCMP_FS, "fs" }, { KCMP_FILES, "descriptors" }, { KCMP_SIGHAND, "handlers" },
    };
    for (int one = 1; one < count; one++)
        for (int other = one + 1; other < count; other++)
            for (unsigned i = 0; i < sizeof shared / sizeof *shared; i++) {
                long result = syscall(SYS_kcmp, atoi(pids[one]), atoi(pids[other]), shared[i].kind, 0, 0);
                if (result <= 0)
                    printf("%s %s %s: %s\n", pids[one], pids[other], shared[i].name, result ? "unknown" : "shared");
            }
    puts("compared");
    return 0;
}
