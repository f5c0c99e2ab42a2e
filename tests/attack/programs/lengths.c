/* Says how much it was given, and a sum over all of it. */
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments, char **environment)
{
    unsigned long bytes = 0, sum = 5381, variables = 0;
    for (char **list = arguments; *list; list++, sum = sum * 33 + 1)
        for (char *c = *list; *c; c++, bytes++)
            sum = list == arguments ? sum : sum * 33 + (unsigned char)*c;
    bytes -= strlen(arguments[0]);
    for (char **list = environment; *list; list++, variables++, sum = sum * 33 + 2)
        for (char *c = *list; *c; c++, bytes++)
            sum = sum * 33 + (unsigned char)*c;
    printf("%d %lu %lu %lx\n", count, variables, bytes, sum);
    return 0;
}
