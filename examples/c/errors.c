/* What an error tells: tries to bind SOURCE into a container with root ROOT.
 *
 *     errors ROOT SOURCE
 */
#include <furnace.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void tell(int result, const furnace_error *error)
{
    /* The number is enough to decide on; the kind is the same thing, without the kernel's ambiguities. */
    switch (result) {
    case -ENOENT:
        printf("something is not there\n");
        break;
    case -EPERM:
    case -EACCES:
        printf("it is not allowed\n");
        break;
    default:
        printf("%s\n", strerror(-result));
    }
    if (furnace_error_code(error) == FURNACE_ERROR_NOT_FOUND)
        printf("which is the kind NOT_FOUND, too\n");

    printf("message: %s\n", furnace_error_message(error));
    printf("errno:   %d\n", furnace_error_errno(error));
    if (furnace_error_path(error) != NULL)
        printf("path:    %s\n", furnace_error_path(error));
    if (furnace_error_remedy(error) != NULL)
        printf("remedy:  %s\n", furnace_error_remedy(error));
    if (furnace_error_step(error) > 0)
        printf("step:    %lld\n", (long long)furnace_error_step(error));
    switch (furnace_error_phase(error)) {
    case FURNACE_PHASE_CONFIGURE:
        printf("nothing had been started\n");
        break;
    case FURNACE_PHASE_START:
        printf("nothing of the container is left\n");
        break;
    }
}

int main(int argc, char **argv)
{
    furnace_builder *builder = NULL;
    furnace_container *container = NULL;
    furnace_error *error = NULL;
    int result;

    if (argc != 3) {
        fprintf(stderr, "usage: errors ROOT SOURCE\n");
        return 1;
    }

    result = furnace_builder_new(argv[1], &builder, &error);
    if (result == 0)
        result = furnace_builder_add_bind(builder, argv[2], "/mnt", &error);
    if (result == 0)
        result = furnace_builder_start(builder, &container, &error);

    if (result == 0)
        printf("it works\n");
    else
        tell(result, error);

    furnace_error_free(error);
    furnace_container_free(container);
    furnace_builder_free(builder);
    return result == 0 ? 0 : 1;
}
