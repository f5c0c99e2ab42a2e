// One half of a program; the other is compiled for a newer standard, in which furnace::result is another type.
#include <furnace.hpp>

#include <iostream>

void newer(const char *root);

static_assert(__cplusplus < 202002L, "this one is the old half");

int main(int, char **argv) {
    auto container = furnace::nothrow::builder(argv[1]).start();
    auto status = container->command("sh").args({"-c", "exit 3"}).run();
    std::cout << "old: " << status->code() << '\n';
    newer(argv[1]);
}
