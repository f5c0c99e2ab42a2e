/* Calls in any order, with arguments that make sense and with others: nothing breaks, nothing is left, and each failure tells
 * itself. FURNACE_SEED repeats a run, FURNACE_CALLS makes it longer. */

#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 4 };

/* Handles of each type, or NULL. */
static furnace_builder *builders[SLOTS];
static furnace_container *containers[SLOTS];
static furnace_command *commands[SLOTS];
static furnace_child *children[SLOTS];
static furnace_terminal *terminals[SLOTS];
static furnace_output *outputs[SLOTS];
static furnace_mount *mounts[SLOTS];
static furnace_changes *changes[SLOTS];

static unsigned below(unsigned end)
{
    return (unsigned)random() % end;
}

#define ANY(handles) ((handles)[below(SLOTS)])

static const char *any_text(void)
{
    static const char *const texts[] = {"",    "/",   "x",    "/tmp",        "a=b",  "\xff\xfe", "/etc/hostname", "-",
                                        "..",  "/..", "/mnt", "/mnt/../../", "true", "cat",      "1:2",           "root"};
    return below(12) == 0 ? NULL : texts[below(sizeof(texts) / sizeof(*texts))];
}

static int any_fd(void)
{
    return (int)below(30) - 3;
}

/* What a call gave is either 0, or told by an error that says the same; never a mistake of the library. */
static void told(int result)
{
    CHECK((result != 0) == (error != NULL));
    if (!error)
        return;
    CHECK(furnace_error_errno(error) == -result && furnace_error_code(error) != FURNACE_ERROR_INTERNAL);
    CHECK(*furnace_error_message(error) && !strchr(furnace_error_message(error), '\n'));
    furnace_error_free(error);
    error = NULL;
}

/* Puts what `call` makes into a slot that is free. */
#define MAKE(type, handles, call)                                                                                              \
    do {                                                                                                                       \
        type **slot = &ANY(handles), *made;                                                                                    \
        if (*slot)                                                                                                             \
            break;                                                                                                             \
        int result = (call);                                                                                                   \
        if (result == 0)                                                                                                       \
            *slot = made;                                                                                                      \
        told(result);                                                                                                          \
    } while (0)

#define FREE(type, handles)                                                                                                    \
    do {                                                                                                                       \
        type **slot = &ANY(handles);                                                                                           \
        type##_free(*slot);                                                                                                    \
        *slot = NULL;                                                                                                          \
    } while (0)

static int any_mount(furnace_mount **made)
{
    switch (below(3)) {
    case 0:
        return furnace_mount_new_bind(any_text(), any_text(), made, &error);
    case 1:
        return furnace_mount_new_tmpfs(any_text(), made, &error);
    default:
        return furnace_mount_new_file(any_text(), "abc", below(4), made, &error);
    }
}

static void make_or_free(void)
{
    switch (below(16)) {
    case 0:
        MAKE(furnace_builder, builders, furnace_builder_new(below(6) ? root : any_text(), &made, &error));
        break;
    case 1:
        MAKE(furnace_builder, builders, furnace_builder_copy(ANY(builders), &made, &error));
        break;
    case 2:
    case 3:
        MAKE(furnace_container, containers, furnace_builder_start(ANY(builders), &made, &error));
        break;
    case 4:
    case 5:
        MAKE(furnace_command, commands,
             furnace_container_command(ANY(containers), below(2) ? "cat" : any_text(), &made, &error));
        break;
    case 6:
    case 7:
        MAKE(furnace_child, children, furnace_command_spawn(ANY(commands), &made, &error));
        break;
    case 8:
        MAKE(furnace_terminal, terminals, furnace_container_terminal(ANY(containers), &made, &error));
        break;
    case 9:
        MAKE(furnace_mount, mounts, any_mount(&made));
        break;
    case 10:
        MAKE(furnace_changes, changes, furnace_container_changes(ANY(containers), &made, &error));
        break;
    case 11:
        FREE(furnace_command, commands);
        break;
    case 12:
        FREE(furnace_child, children);
        break;
    case 13:
        FREE(furnace_terminal, terminals);
        break;
    case 14:
        FREE(furnace_mount, mounts);
        break;
    case 15:
        /* Containers and builders live longer, so that something comes of them. */
        if (below(3) == 0)
            FREE(furnace_container, containers);
        else if (below(3) == 0)
            FREE(furnace_builder, builders);
        else
            FREE(furnace_changes, changes);
        break;
    }
}

static void set_something(void)
{
    const char *const variables[] = {"A=b", any_text(), NULL};
    switch (below(20)) {
    case 0:
        told(furnace_builder_set_ephemeral(ANY(builders), below(2), &error));
        break;
    case 1:
        told(furnace_builder_set_hostname(ANY(builders), below(2) ? "fine" : any_text(), &error));
        break;
    case 2:
        told(furnace_builder_set_own_session(ANY(builders), below(2), &error));
        break;
    case 3:
        told(furnace_builder_set_read_only(ANY(builders), below(2), &error));
        break;
    case 4:
        if (below(8) == 0)
            told(furnace_builder_add_mount(ANY(builders), ANY(mounts), &error));
        break;
    case 5:
        told(furnace_mount_set_mode(ANY(mounts), (mode_t)random(), &error));
        break;
    case 6:
        told(furnace_mount_set_size(ANY(mounts), (uint64_t)random() << below(34), &error));
        break;
    case 7:
        told(furnace_mount_add_id_map(ANY(mounts), (int)below(5), below(9), (uint32_t)random() * 2, below(9), &error));
        break;
    case 8:
        told(furnace_command_add_arg(ANY(commands), any_text(), &error));
        break;
    case 9:
        told(furnace_command_set_env(ANY(commands), any_text(), any_text(), &error));
        break;
    case 10:
        told(furnace_command_set_envp(ANY(commands), variables, &error));
        break;
    case 11:
        told(furnace_command_set_current_dir(ANY(commands), any_text(), &error));
        break;
    case 12:
        told(furnace_command_set_stream_pipe(ANY(commands), (int)below(5) - 1, &error));
        break;
    case 13:
        told(furnace_command_set_stream_null(ANY(commands), (int)below(5) - 1, &error));
        break;
    case 14:
        told(furnace_command_set_stream_fd(ANY(commands), (int)below(5) - 1, any_fd(), &error));
        break;
    case 15:
        told(furnace_command_set_fd(ANY(commands), any_fd(), any_fd(), &error));
        break;
    case 16:
        told(furnace_command_set_uid(ANY(commands), (uid_t)random() * 2, &error));
        break;
    case 17:
        told(furnace_command_set_process_group(ANY(commands), (pid_t)below(3) - 1, &error));
        break;
    case 18:
        told(furnace_command_ignore_signal(ANY(commands), (int)below(80) - 5, &error));
        break;
    case 19:
        told(furnace_command_set_terminal(ANY(commands), ANY(terminals), &error));
        break;
    }
}

static void do_something(void)
{
    bool ended;
    int status, fd, result;
    furnace_change *change = NULL;
    furnace_strings *steps;
    switch (below(13)) {
    case 0:
        told(furnace_child_kill(ANY(children), (int)below(70) - 2, &error));
        break;
    case 1:
        told(furnace_child_wait_timeout(ANY(children), below(3), &ended, &status, &error));
        break;
    case 2:
        told(furnace_child_try_wait(ANY(children), &ended, &status, &error));
        break;
    case 3:
        result = furnace_child_take_stream(ANY(children), (int)below(5) - 1, &fd, &error);
        told(result);
        if (result == 0)
            close(fd);
        break;
    case 4: {
        furnace_child *child = ANY(children);
        /* It may read from what nobody writes to. */
        furnace_child_kill(child, SIGKILL, NULL);
        MAKE(furnace_output, outputs, furnace_child_wait_with_output(child, &made, &error));
        break;
    }
    case 5:
        FREE(furnace_output, outputs);
        break;
    case 6:
        told(furnace_container_mount(ANY(containers), ANY(mounts), &error));
        break;
    case 7:
        told(furnace_container_unmount(ANY(containers), any_text(), &error));
        break;
    case 8:
        if (below(8) == 0)
            told(furnace_container_stop(ANY(containers), &error));
        break;
    case 9:
        result = furnace_changes_next(ANY(changes), &change, &error);
        told(result);
        furnace_change_free(change);
        break;
    case 10:
        result = furnace_builder_explain(ANY(builders), &steps, &error);
        told(result);
        if (result == 0)
            furnace_strings_free(steps);
        break;
    case 11:
        told(furnace_terminal_set_size(ANY(terminals), (uint16_t)random(), (uint16_t)random(), &error));
        break;
    case 12: {
        furnace_terminal **terminal = &ANY(terminals);
        result = furnace_terminal_into_fd(*terminal, &fd, &error);
        told(result);
        if (result == 0)
            close(fd);
        *terminal = NULL;
        break;
    }
    }
}

static unsigned number_of(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    unsigned seed = number_of("FURNACE_SEED", (unsigned)getpid());
    fprintf(stderr, "FURNACE_SEED=%u\n", seed);
    srandom(seed);
    for (unsigned calls = number_of("FURNACE_CALLS", 10000); calls > 0; calls--)
        switch (below(4)) {
        case 0:
        case 1:
            make_or_free();
            break;
        case 2:
            set_something();
            break;
        case 3:
            do_something();
            break;
        }
    for (int i = 0; i < SLOTS; i++) {
        furnace_builder_free(builders[i]);
        furnace_container_free(containers[i]);
        furnace_command_free(commands[i]);
        furnace_child_free(children[i]);
        furnace_terminal_free(terminals[i]);
        furnace_output_free(outputs[i]);
        furnace_mount_free(mounts[i]);
        furnace_changes_free(changes[i]);
    }
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    return 0;
}
