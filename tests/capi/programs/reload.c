/* The library, loaded and let go of a thousand times, used each time: nothing grows. */

#include <furnace.h>

#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(so) ((so) ? (void)0 : (fprintf(stderr, "%d: not so: %s\n", __LINE__, #so), exit(1)))

enum { ROUNDS = 1000, WARM = 100, LEEWAY_KILOBYTES = 200, LEEWAY_BYTES = 30000 };

/* A function of the library, by its name. */
#define FUNCTION(name)                                                                                                         \
    __typeof__(&name) name##_;                                                                                                 \
    *(void **)&name##_ = dlsym(library, #name);                                                                                \
    CHECK(name##_)

static int lines;

static void listen(int level, const char *message, void *data)
{
    (void)level, (void)message, (void)data;
    lines++;
}

static void use(const char *path, const char *root, int with_a_container)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(library);
    FUNCTION(furnace_version_number);
    FUNCTION(furnace_builder_new);
    FUNCTION(furnace_builder_set_log);
    FUNCTION(furnace_builder_explain);
    FUNCTION(furnace_builder_start);
    FUNCTION(furnace_builder_free);
    FUNCTION(furnace_strings_free);
    FUNCTION(furnace_container_command);
    FUNCTION(furnace_container_free);
    FUNCTION(furnace_command_output);
    FUNCTION(furnace_command_free);
    FUNCTION(furnace_output_free);
    FUNCTION(furnace_error_free);
    CHECK(furnace_version_number_() == FURNACE_VERSION_NUMBER);
    furnace_error *error = NULL;
    CHECK(furnace_builder_new_(NULL, NULL, &error) < 0);
    furnace_error_free_(error);
    furnace_builder *builder;
    furnace_strings *steps;
    CHECK(furnace_builder_new_(root, &builder, NULL) == 0);
    CHECK(furnace_builder_set_log_(builder, FURNACE_LOG_TRACE, listen, NULL, NULL) == 0);
    CHECK(furnace_builder_explain_(builder, &steps, NULL) == 0);
    furnace_strings_free_(steps);
    if (with_a_container) {
        furnace_container *container;
        furnace_command *command;
        furnace_output *output;
        int before = lines;
        CHECK(furnace_builder_start_(builder, &container, NULL) == 0);
        CHECK(lines > before);
        CHECK(furnace_container_command_(container, "true", &command, NULL) == 0);
        CHECK(furnace_command_output_(command, &output, NULL) == 0);
        furnace_output_free_(output);
        furnace_command_free_(command);
        furnace_container_free_(container);
    }
    furnace_builder_free_(builder);
    CHECK(dlclose(library) == 0);
}

static long lines_of(const char *file, const char *beginning, long *value)
{
    FILE *stream = fopen(file, "r");
    char line[4096];
    long count = 0;
    while (fgets(line, sizeof(line), stream)) {
        count++;
        if (beginning && strncmp(line, beginning, strlen(beginning)) == 0)
            *value = atol(line + strlen(beginning));
    }
    fclose(stream);
    return count;
}

struct size {
    long kilobytes, mappings, descriptors, allocated;
};

static struct size measure(void)
{
    struct size size = {0};
#if __GLIBC_PREREQ(2, 33)
    size.allocated = (long)mallinfo2().uordblks;
#endif
    lines_of("/proc/self/status", "VmRSS:", &size.kilobytes);
    size.mappings = lines_of("/proc/self/maps", NULL, NULL);
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        size.descriptors++;
    closedir(directory);
    return size;
}

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    struct size warm = {0};
    for (int round = 0; round < ROUNDS; round++) {
        if (round == WARM)
            warm = measure();
        use(argv[3], argv[1], round % 20 == 0);
    }
    struct size now = measure();
    printf("%ld kB, then %ld; %ld bytes allocated, then %ld; %ld mappings, then %ld; %ld descriptors, then %ld\n", warm.kilobytes,
           now.kilobytes, warm.allocated, now.allocated, warm.mappings, now.mappings, warm.descriptors, now.descriptors);
    CHECK(now.kilobytes <= warm.kilobytes + LEEWAY_KILOBYTES);
    CHECK(now.allocated <= warm.allocated + LEEWAY_BYTES);
    CHECK(now.mappings <= warm.mappings + 1);
    CHECK(now.descriptors == warm.descriptors);
    return 0;
}
