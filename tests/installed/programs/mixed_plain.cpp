// See mixed_old.cpp.
#include <furnace.hpp>

#include <iostream>

#ifdef __cpp_exceptions
#error "this one is the part without exceptions"
#endif

void plain(const char *root);

void plain(const char *root) {
    furnace::nothrow::builder builder(root);
    builder.log(FURNACE_LOG_TRACE, [](int, const char *) {});
    auto container = builder.start();
    auto status = container->command("sh").args({"-c", "exit 3"}).run();
    std::cout << "plain: " << status->code() << '\n';
}
