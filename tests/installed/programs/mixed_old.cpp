// A part of a program. Another is compiled for a newer standard, in which furnace::result is another type; and a third
// without exceptions.
#include <furnace.hpp>

#include <iostream>
#include <stdexcept>

void newer(const char *root);
void plain(const char *root);

static_assert(__cplusplus < 202002L, "this one is the old part");

int main(int, char **argv) {
    furnace::nothrow::builder builder(argv[1]);
    builder.log(FURNACE_LOG_TRACE, [](int, const char *) { throw std::runtime_error("thrown through C"); });
    auto container = builder.start();
    auto status = container->command("sh").args({"-c", "exit 3"}).run();
    std::cout << "old: " << status->code() << '\n';
    newer(argv[1]);
    plain(argv[1]);
}
