// See mixed_old.cpp.
#include <furnace.hpp>

#include <iostream>

static_assert(std::is_same<furnace::result<int>, std::expected<int, furnace::error>>::value, "");

void newer(const char *root);

void newer(const char *root) {
    auto container = furnace::nothrow::builder(root).start();
    auto status = container->command("sh").args({"-c", "exit 3"}).run();
    std::cout << "new: " << status.value().code() << '\n';
}
