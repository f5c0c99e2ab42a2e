/* Containers that live on under a name, and joining. */

#include "check.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static furnace_runtime *runtime;

static furnace_reservation *reserved(const char *name)
{
    furnace_reservation *reservation;
    OK(furnace_runtime_reserve(runtime, name, &reservation, &error));
    CHECK(strcmp(furnace_reservation_name(reservation), name) == 0);
    return reservation;
}

static void names(void)
{
    furnace_listing *listing;
    OK(furnace_runtime_list(runtime, &listing, &error));
    CHECK(furnace_listing_count(listing) == 0 && !furnace_listing_name(listing, 0));
    furnace_listing_free(listing);

    furnace_reservation *reservation = reserved("web"), *second = NULL;
    FAILS(furnace_runtime_reserve(runtime, "web", &second, &error), EEXIST, FURNACE_ERROR_ALREADY_EXISTS);
    FAILS(furnace_runtime_reserve(runtime, "a/b", &second, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_named *named = NULL;
    FAILS(furnace_runtime_find(runtime, "web", &named, &error), EBUSY, FURNACE_ERROR_RESOURCE_BUSY);
    FAILS(furnace_runtime_find(runtime, "db", &named, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    OK(furnace_runtime_list(runtime, &listing, &error));
    CHECK(furnace_listing_count(listing) == 1);
    CHECK(furnace_listing_standing(listing, 0) == FURNACE_STANDING_CHANGING);
    CHECK(furnace_listing_pid(listing, 0) == 0 && !furnace_listing_root(listing, 0) && furnace_listing_started(listing, 0) == 0);
    furnace_listing_free(listing);
    furnace_reservation_free(reservation);
    OK(furnace_runtime_list(runtime, &listing, &error));
    CHECK(furnace_listing_count(listing) == 0);
    furnace_listing_free(listing);
    CHECK(!second && !named);
}

static void detached(void)
{
    furnace_container *container = a_container();
    pid_t pid = furnace_container_pid(container);
    OK(furnace_container_detach_as(container, reserved("web"), &error));
    FAILS(furnace_container_detach_as(container, reserved("other"), &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_container_free(container);

    furnace_named *named;
    OK(furnace_runtime_find(runtime, "web", &named, &error));
    CHECK(strcmp(furnace_named_name(named), "web") == 0 && strcmp(furnace_named_root(named), root) == 0);
    CHECK(furnace_named_pid(named) == pid);
    CHECK(llabs(furnace_named_started(named) - (int64_t)time(NULL)) < 1000);
    furnace_listing *listing;
    OK(furnace_runtime_list(runtime, &listing, &error));
    CHECK(furnace_listing_count(listing) == 1 && strcmp(furnace_listing_name(listing, 0), "web") == 0);
    CHECK(furnace_listing_standing(listing, 0) == FURNACE_STANDING_RUNNING && furnace_listing_pid(listing, 0) == pid);
    CHECK(strcmp(furnace_listing_root(listing, 0), root) == 0);
    CHECK(furnace_listing_started(listing, 0) == furnace_named_started(named));
    furnace_listing_free(listing);

    furnace_join_options *options;
    OK(furnace_join_options_new(&options, &error));
    OK(furnace_join_options_set_own_session(options, true, &error));
    OK(furnace_join_options_set_time_limit(options, 10000, &error));
    OK(furnace_named_attach(named, options, &container, &error));
    furnace_join_options_free(options);
    CHECK(furnace_container_pid(container) == pid);
    furnace_command *command = a_shell(container, "echo in; cat /proc/1/comm");
    WRITES(command, "in\nfurnace-init");
    furnace_changes *changes = NULL;
    FAILS(furnace_container_changes(container, &changes, &error), EOPNOTSUPP, FURNACE_ERROR_UNSUPPORTED);
    FAILS(furnace_container_layer_usage(container, NULL, NULL, NULL, &error), EOPNOTSUPP, FURNACE_ERROR_UNSUPPORTED);
    FAILS(furnace_container_detach_as(container, reserved("third"), &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    CHECK(!changes);
    furnace_container_free(container);

    furnace_container *joined;
    OK(furnace_container_join(pid, NULL, &joined, &error));
    furnace_command *second = a_shell(joined, "cat /proc/1/comm");
    WRITES(second, "furnace-init");
    furnace_command_free(second);
    furnace_container_free(joined);

    bool ended = true;
    OK(furnace_named_wait_timeout(named, 0, &ended, &error));
    CHECK(!ended);
    OK(furnace_named_attach(named, NULL, &container, &error));
    OK(furnace_named_stop(named, &error));
    OK(furnace_named_stop(named, &error));
    OK(furnace_named_wait(named, &error));
    OK(furnace_named_wait_timeout(named, 5, &ended, &error));
    CHECK(ended);
    int status;
    FAILS(furnace_command_run(command, &status, &error), ESRCH, FURNACE_ERROR_ENDED);
    furnace_command_free(command);
    furnace_container_free(container);
    FAILS(furnace_named_attach(named, NULL, &container, &error), ESRCH, FURNACE_ERROR_ENDED);
    furnace_named_free(named);
    FAILS(furnace_runtime_find(runtime, "web", &named, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    /* Whoever is its parent by now may not have reaped it yet. */
    int result = furnace_container_join(pid, NULL, &container, &error);
    if (result == -ESRCH)
        FAILS(result, ESRCH, FURNACE_ERROR_ENDED);
    else
        FAILS(result, ENOENT, FURNACE_ERROR_NOT_FOUND);
}

/* Whoever is killed before the name is used leaves one to be collected. */
static void collected(void)
{
    furnace_container *container = a_container();
    OK(furnace_container_detach_as(container, reserved("gone"), &error));
    furnace_named *named;
    OK(furnace_runtime_find(runtime, "gone", &named, &error));
    pid_t pid = furnace_named_pid(named);
    char line[32];
    snprintf(line, sizeof(line), "kill -9 %d", pid);
    CHECK(system(line) == 0);
    /* A handle that waits frees the name; so the end is awaited without one. */
    furnace_container_free(container);
    furnace_strings *freed;
    for (;;) {
        OK(furnace_runtime_collect(runtime, &freed, &error));
        if (furnace_strings_count(freed) == 1)
            break;
        furnace_strings_free(freed);
        usleep(1000);
    }
    CHECK(strcmp(furnace_strings_get(freed, 0), "gone") == 0);
    furnace_strings_free(freed);
    OK(furnace_runtime_collect(runtime, NULL, &error));
    bool was_ended = true;
    OK(furnace_runtime_free_name(runtime, "gone", &was_ended, &error));
    CHECK(!was_ended);
    FAILS(furnace_runtime_free_name(runtime, "no/name", &was_ended, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_named_free(named);
}

static void directories(void)
{
    furnace_container *joined;
    FAILS(furnace_container_join(0x7fffffff, NULL, &joined, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_runtime *users;
    OK(furnace_runtime_new(NULL, &users, &error));
    CHECK(strcmp(furnace_runtime_path(users), "/run/furnace") == 0);
    furnace_runtime_free(users);
    mkdir(in_scratch("open"), 0777);
    chmod(in_scratch("open"), 0777);
    OK(furnace_runtime_new(in_scratch("open"), &users, &error));
    furnace_listing *listing;
    FAILS(furnace_runtime_list(users, &listing, &error), EPERM, FURNACE_ERROR_PERMISSION_DENIED);
    FAILS(furnace_runtime_collect(users, NULL, &error), EPERM, FURNACE_ERROR_PERMISSION_DENIED);
    furnace_runtime_free(users);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    OK(furnace_runtime_new(in_scratch("run"), &runtime, &error));
    CHECK(strcmp(furnace_runtime_path(runtime), in_scratch("run")) == 0);
    names();
    detached();
    collected();
    directories();
    furnace_runtime_free(runtime);
    return 0;
}
