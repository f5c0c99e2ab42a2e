/* One of each type of handle, for tests that call every function. */

#ifndef FIXTURES_H
#define FIXTURES_H

#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static inline furnace_error *make_furnace_error(void)
{
    furnace_error *made = NULL;
    furnace_builder_new(NULL, NULL, &made);
    CHECK(made);
    return made;
}

static inline furnace_builder *make_furnace_builder(void)
{
    return a_builder();
}

static inline furnace_container *make_furnace_container(void)
{
    furnace_builder *builder = a_builder();
    OK(furnace_builder_set_ephemeral(builder, true, &error));
    furnace_container *container;
    OK(furnace_builder_start(builder, &container, &error));
    furnace_builder_free(builder);
    return container;
}

/* One that stays for as long as the program runs. */
static inline furnace_container *the_container(void)
{
    static furnace_container *container;
    if (!container)
        container = make_furnace_container();
    return container;
}

static inline furnace_strings *make_furnace_strings(void)
{
    furnace_builder *builder = a_builder();
    furnace_strings *strings;
    OK(furnace_builder_explain(builder, &strings, &error));
    furnace_builder_free(builder);
    return strings;
}

static inline furnace_mount *make_furnace_mount(void)
{
    furnace_mount *mount;
    OK(furnace_mount_new_bind("/tmp", "/mnt", &mount, &error));
    return mount;
}

static inline furnace_command *make_furnace_command(void)
{
    return a_shell(the_container(), "exit 3");
}

static inline furnace_output *make_furnace_output(void)
{
    furnace_command *command = make_furnace_command();
    furnace_output *output;
    OK(furnace_command_output(command, &output, &error));
    furnace_command_free(command);
    return output;
}

static inline furnace_child *make_furnace_child(void)
{
    furnace_command *command = a_shell(the_container(), "read line");
    OK(furnace_command_set_stream_pipe(command, 0, &error));
    furnace_child *child;
    OK(furnace_command_spawn(command, &child, &error));
    furnace_command_free(command);
    return child;
}

static inline furnace_terminal *make_furnace_terminal(void)
{
    furnace_terminal *terminal;
    OK(furnace_container_terminal(the_container(), &terminal, &error));
    return terminal;
}

static inline furnace_join_options *make_furnace_join_options(void)
{
    furnace_join_options *options;
    OK(furnace_join_options_new(&options, &error));
    return options;
}

static inline furnace_runtime *make_furnace_runtime(void)
{
    furnace_runtime *runtime;
    OK(furnace_runtime_new(in_scratch("run"), &runtime, &error));
    return runtime;
}

static inline furnace_user *make_furnace_user(void)
{
    furnace_user *user;
    OK(furnace_container_find_user(the_container(), "root", &user, &error));
    return user;
}

static inline furnace_console *make_furnace_console(void)
{
    furnace_console *console;
    OK(furnace_console_new(&console, &error));
    return console;
}

static inline furnace_shell_options *make_furnace_shell_options(void)
{
    furnace_shell_options *options;
    OK(furnace_shell_options_new(&options, &error));
    return options;
}

/* Each with a name of its own. */
static inline furnace_reservation *make_furnace_reservation(void)
{
    static unsigned number;
    char name[32];
    snprintf(name, sizeof(name), "name-%u", number++);
    furnace_runtime *runtime = make_furnace_runtime();
    furnace_reservation *reservation;
    OK(furnace_runtime_reserve(runtime, name, &reservation, &error));
    furnace_runtime_free(runtime);
    return reservation;
}

static inline furnace_named *make_furnace_named(void)
{
    furnace_reservation *reservation = make_furnace_reservation();
    char *name = strdup(furnace_reservation_name(reservation));
    furnace_container *container = a_container();
    OK(furnace_container_detach_as(container, reservation, &error));
    furnace_container_free(container);
    furnace_runtime *runtime = make_furnace_runtime();
    furnace_named *named;
    OK(furnace_runtime_find(runtime, name, &named, &error));
    furnace_runtime_free(runtime);
    free(name);
    return named;
}

static inline furnace_listing *make_furnace_listing(void)
{
    furnace_runtime *runtime = make_furnace_runtime();
    furnace_listing *listing;
    OK(furnace_runtime_list(runtime, &listing, &error));
    furnace_runtime_free(runtime);
    return listing;
}

/* Of a directory in which there is one file more. */
static inline furnace_changes *make_furnace_changes(void)
{
    mkdir(in_scratch("upper"), 0755);
    mkdir(in_scratch("lower"), 0755);
    close(open(in_scratch("upper/file"), O_CREAT | O_WRONLY, 0644));
    int upper = open(in_scratch("upper"), O_PATH), lower = open(in_scratch("lower"), O_PATH);
    furnace_changes *changes;
    OK(furnace_changes_between(upper, lower, &changes, &error));
    close(upper);
    close(lower);
    return changes;
}

static inline furnace_change *make_furnace_change(void)
{
    furnace_changes *changes = make_furnace_changes();
    furnace_change *change;
    OK(furnace_changes_next(changes, &change, &error));
    CHECK(change);
    furnace_changes_free(changes);
    return change;
}

static inline furnace_report *make_furnace_report(void)
{
    furnace_report *report;
    OK(furnace_doctor_examine(&report, &error));
    return report;
}

static inline furnace_host_mount *make_furnace_host_mount(void)
{
    mkdir(in_scratch("bound"), 0755);
    furnace_host_mount *mount;
    OK(furnace_host_bind(root, in_scratch("bound"), 0, &mount, &error));
    return mount;
}

#endif
