# SPDX-License-Identifier: MIT

# find_package(mio) of CMake. The paths are those of `make install'.
cmakedir = $(libdir)/cmake/mio
cmake_files = \
	cmake/mioConfig.cmake \
	cmake/mioConfigVersion.cmake \
	$(end)
nodist_cmake_DATA = $(cmake_files)

$(cmake_files): Makefile
	$(AM_V_GEN)$(MKDIR_P) cmake && sed \
	    -e 's|@libdir[@]|$(libdir)|' \
	    -e 's|@includedir[@]|$(includedir)|' \
	    -e 's|@libs[@]|$(LIBS)|' \
	    -e 's|@version[@]|$(PACKAGE_VERSION)|' \
	    -e 's|@major[@]|$(MIO_VERSION_MAJOR)|' \
	    $(srcdir)/$@.in >$@.new && mv $@.new $@
cmake/mioConfig.cmake: cmake/mioConfig.cmake.in
cmake/mioConfigVersion.cmake: cmake/mioConfigVersion.cmake.in

CLEANFILES += $(cmake_files)
EXTRA_DIST += \
	cmake/mioConfig.cmake.in \
	cmake/mioConfigVersion.cmake.in \
	$(end)
