"""A CMake library that can be added, fetched, or installed and found."""

from wann_rt.exporters.packages.example import example
from wann_rt.exporters.packages.readme import readme
from wann_rt.exporters.packages.subject import LICENCE, Subject

# Installed below lib/cmake, not share: the library is compiled for one processor.
_BUILD = """\
cmake_minimum_required(VERSION 3.14...4.0)
project(<p> VERSION <version> LANGUAGES C)

add_library(<p> src/<p>.c)
add_library(<p>::<p> ALIAS <p>)
target_compile_features(<p> PRIVATE c_std_99) # not of a C++ program that has no C
target_include_directories(<p> PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:include>)
if(NOT MSVC) # a compiler that was never tried is a warning, also where warnings are errors
    set_source_files_properties(src/<p>.c PROPERTIES COMPILE_OPTIONS -Wno-error=cpp)
endif()
set_target_properties(<p> PROPERTIES WINDOWS_EXPORT_ALL_SYMBOLS ON)

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package "${CMAKE_INSTALL_LIBDIR}/cmake/<p>")
install(TARGETS <p> EXPORT <p>-targets)
install(FILES include/<p>.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT <p>-targets NAMESPACE <p>:: DESTINATION "${package}" FILE <p>-config.cmake)
write_basic_package_version_file(<p>-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/<p>-config-version.cmake" DESTINATION "${package}")

# By itself it is also its own test.
if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
    enable_testing()
    add_executable(<p>_example examples/main.c)
    target_link_libraries(<p>_example PRIVATE <p>::<p>)
    add_test(NAME <p>_selftest COMMAND <p>_example)
endif()
"""

_USE = """\
## Use

Any of these, then `target_link_libraries(yours PRIVATE <p>::<p>)` and `#include "<p>.h"`:

```cmake
add_subdirectory(<p>)
```

```cmake
include(FetchContent)
FetchContent_Declare(<p> SOURCE_DIR /path/to/<p>)  # or GIT_REPOSITORY and GIT_TAG
FetchContent_MakeAvailable(<p>)
```

```cmake
find_package(<p> <version> CONFIG REQUIRED)  # after cmake --install
```

By itself it builds an example and tests it: `cmake -B build && cmake --build build && ctest --test-dir build`.
"""


def files(made: Subject) -> dict[str, str]:
    """Returns the files of the library."""
    return {
        "CMakeLists.txt": made.fill(_BUILD),
        **made.code("include/", "src/"),
        "examples/main.c": example(made),
        "README.md": readme(made, made.fill(_USE)),
        "LICENSE": LICENCE,
    }
