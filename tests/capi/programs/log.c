/* What the library does, told to those who asked for it, and to nobody else. */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

struct heard {
    atomic_int lines, steps, commands, stops, worst;
    pthread_t in;
};

static void listen(int level, const char *message, void *data)
{
    struct heard *heard = data;
    CHECK(level >= FURNACE_LOG_ERROR && level <= FURNACE_LOG_TRACE);
    CHECK(*message && !strchr(message, '\n'));
    /* In the thread that called. */
    CHECK(pthread_equal(heard->in, pthread_self()));
    /* Whoever calls the library from here is not told of it. */
    furnace_builder *builder;
    furnace_builder_new(root, &builder, NULL);
    furnace_strings *steps;
    furnace_builder_explain(builder, &steps, NULL);
    furnace_strings_free(steps);
    furnace_builder_free(builder);
    heard->lines++;
    heard->steps += strstr(message, " step=") != NULL;
    heard->commands += strstr(message, "command started") != NULL;
    heard->stops += strstr(message, "container stopped") != NULL;
    if (heard->worst == 0 || level < heard->worst)
        heard->worst = level;
}

static void *in_another_thread(void *argument)
{
    (void)argument;
    furnace_container *container = a_container();
    furnace_container_free(container);
    return NULL;
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct heard heard = {.in = pthread_self()}, less = {.in = pthread_self()};
    furnace_builder *builder = a_builder(), *quiet = a_builder();
    FAILS(furnace_builder_set_log(builder, 0, listen, &heard, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_builder_set_log(builder, 6, listen, &heard, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_builder_set_log(builder, FURNACE_LOG_DEBUG, listen, &heard, &error));
    OK(furnace_builder_set_log(quiet, FURNACE_LOG_WARN, listen, &less, &error));

    furnace_container *container, *other;
    OK(furnace_builder_start(builder, &container, &error));
    OK(furnace_builder_start(quiet, &other, &error));
    CHECK(heard.steps > 50 && heard.worst == FURNACE_LOG_DEBUG && heard.stops == 0);
    int after_start = heard.lines;

    /* What comes of the builder inherits it; what does not is not told. */
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, in_another_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
    furnace_container *unrelated = a_container();
    furnace_container_free(unrelated);
    CHECK(heard.lines == after_start);
    furnace_command *command = a_shell(container, "exit 0");
    int status;
    OK(furnace_command_run(command, &status, &error));
    CHECK(heard.commands == 1);
    furnace_command_free(command);

    furnace_container_free(container);
    furnace_container_free(other);
    CHECK(heard.stops == 1 && less.lines == 0);

    OK(furnace_builder_set_log(builder, 0, NULL, NULL, &error));
    int before = heard.lines;
    OK(furnace_builder_start(builder, &container, &error));
    furnace_container_free(container);
    CHECK(heard.lines == before);

    furnace_join_options *options;
    furnace_runtime *runtime;
    OK(furnace_join_options_new(&options, &error));
    FAILS(furnace_join_options_set_log(options, 9, listen, &heard, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_join_options_set_log(options, FURNACE_LOG_DEBUG, listen, &heard, &error));
    container = a_container();
    furnace_container *joined;
    OK(furnace_container_join(furnace_container_pid(container), options, &joined, &error));
    CHECK(heard.lines > before);
    furnace_join_options_free(options);
    command = a_shell(joined, "exit 0");
    OK(furnace_command_run(command, &status, &error));
    CHECK(heard.commands == 2);
    furnace_command_free(command);
    furnace_container_free(joined);
    furnace_container_free(container);
    OK(furnace_runtime_new(scratch, &runtime, &error));
    FAILS(furnace_runtime_set_log(runtime, -1, listen, &heard, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_runtime_set_log(runtime, FURNACE_LOG_TRACE, listen, &heard, &error));
    furnace_runtime_free(runtime);
    furnace_builder_free(builder);
    furnace_builder_free(quiet);
    return 0;
}
