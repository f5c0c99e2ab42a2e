/* What the programs of these tests share: checks that name their line, and arguments. Each program gets a root directory and
 * a directory of its own, and ends with 0 if all was as it should be. */

#ifndef CHECK_H
#define CHECK_H

#include <furnace.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the functions put their errors: each thread's own. */
static __thread furnace_error *error;

static inline void unless(int so, const char *file, int line, const char *what)
{
    if (so)
        return;
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    if (error)
        fprintf(stderr, "  %s\n", furnace_error_message(error));
    exit(1);
}

#define CHECK(so) unless((so) != 0, __FILE__, __LINE__, #so)

/* A call that succeeds, and so makes no error. */
#define OK(call) unless((call) == 0 && !error, __FILE__, __LINE__, #call)

/* A call that fails with this errno, and an error object that says the same and this code. */
#define FAILS(call, number, code) failed((call), (number), (code), __FILE__, __LINE__, #call)

static inline void failed(int result, int number, int code, const char *file, int line, const char *what)
{
    if (result != -number)
        fprintf(stderr, "%d instead of %d\n", result, -number);
    unless(result == -number, file, line, what);
    unless(error != NULL, file, line, what);
    unless(furnace_error_errno(error) == number, file, line, what);
    if (furnace_error_code(error) != code)
        fprintf(stderr, "code %d instead of %d\n", furnace_error_code(error), code);
    unless(furnace_error_code(error) == code, file, line, what);
    unless(furnace_error_phase(error) > 0, file, line, what);
    const char *message = furnace_error_message(error);
    unless(message && *message && !strchr(message, '\n'), file, line, what);
    furnace_error_free(error);
    error = NULL;
}

static const char *root, *scratch;

/* A path in the directory of the program's own. */
static inline const char *in_scratch(const char *name)
{
    static __thread char path[4096];
    snprintf(path, sizeof(path), "%s/%s", scratch, name);
    return path;
}

static inline void begin(int argc, char **argv)
{
    CHECK(argc == 3);
    root = argv[1];
    scratch = argv[2];
}

static inline furnace_builder *a_builder(void)
{
    furnace_builder *builder;
    OK(furnace_builder_new(root, &builder, &error));
    return builder;
}

static inline furnace_container *a_container(void)
{
    furnace_builder *builder = a_builder();
    furnace_container *container;
    OK(furnace_builder_start(builder, &container, &error));
    furnace_builder_free(builder);
    return container;
}

/* A shell's command line. */
static inline furnace_command *a_shell(const furnace_container *container, const char *line)
{
    const char *const args[] = {"-c", line, NULL};
    furnace_command *command;
    OK(furnace_container_command(container, "sh", &command, &error));
    OK(furnace_command_add_args(command, args, &error));
    return command;
}

/* What it writes, without the last newline; to be freed. */
static inline char *output_of(furnace_command *command)
{
    furnace_output *output;
    OK(furnace_command_output(command, &output, &error));
    size_t length;
    const char *bytes = furnace_output_stdout(output, &length);
    if (length > 0 && bytes[length - 1] == '\n')
        length--;
    char *text = strndup(bytes, length);
    furnace_output_free(output);
    return text;
}

#define WRITES(command, expected)                                                                                              \
    do {                                                                                                                       \
        char *text_ = output_of(command);                                                                                      \
        if (strcmp(text_, (expected)) != 0)                                                                                    \
            fprintf(stderr, "it writes: %s\n", text_);                                                                         \
        CHECK(strcmp(text_, (expected)) == 0);                                                                                 \
        free(text_);                                                                                                           \
    } while (0)

#endif
