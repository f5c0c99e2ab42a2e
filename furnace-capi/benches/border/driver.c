/* The driver in C; caller.rs is the one in Rust. A round for each line of standard input. */

#include <furnace.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void ok(int failed, const furnace_error *error)
{
    if (!failed)
        return;
    fprintf(stderr, "%s\n", furnace_error_message(error));
    exit(1);
}

int main(int argc, char **argv)
{
    furnace_error *error = NULL;
    furnace_builder *builder = NULL;
    ok(argc == 2 ? furnace_builder_new(argv[1], &builder, &error) : -1, error);
    for (int order; (order = getchar()) != EOF;) {
        furnace_container *container;
        furnace_command *command;
        int status;
        uint64_t begun = now();
        ok(furnace_builder_start(builder, &container, &error), error);
        uint64_t started = now();
        ok(furnace_container_command(container, "/bin/true", &command, &error), error);
        ok(furnace_command_run(command, &status, &error), error);
        furnace_command_free(command);
        uint64_t ran = now();
        ok(furnace_container_stop(container, &error), error);
        furnace_container_free(container);
        uint64_t stopped = now();
        if (status != 0)
            return 1;
        printf("%llu %llu %llu\n", (unsigned long long)(started - begun), (unsigned long long)(ran - started),
               (unsigned long long)(stopped - ran));
        fflush(stdout);
    }
    furnace_builder_free(builder);
    return 0;
}
