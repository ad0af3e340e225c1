# SPDX-License-Identifier: MIT

# ---- checks for packagers, and what they read

# The library in this directory, and the source. Each check leaves out what needs
# a tool that is not installed, and says so.
check-package: \
	check-abi \
	check-dist \
	check-probes \
	check-rpm \
	$(end)

check-abi: libmio.la
	@$(srcdir)/scripts/check-abi '$(abs_builddir)' || test $$? = 77

check-dist:
	@$(srcdir)/scripts/check-dist '$(abs_builddir)' || test $$? = 77

# The packages for Debian, built from the release. check-dist makes releases, too.
check-deb: check-dist
	@$(MAKE) -s dist
	@cd $(srcdir) && scripts/check-deb '$(abs_builddir)/$(distdir).tar.xz' || \
	test $$? = 77

# Those for Fedora and openSUSE, with the same files.
check-rpm: check-deb
	@cd $(srcdir) && scripts/check-rpm '$(abs_builddir)/$(distdir).tar.xz' || \
	test $$? = 77

check-probes: libmio.la
	@CC='$(CC)' $(srcdir)/scripts/check-probes '$(abs_builddir)' || \
	test $$? = 77

.PHONY: \
	check-abi \
	check-deb \
	check-dist \
	check-package \
	check-probes \
	check-rpm \
	$(end)

EXTRA_DIST += \
	abi/amd64.abi \
	abi/arm64.abi \
	abi/armhf.abi \
	abi/i386.abi \
	abi/riscv64.abi \
	abi/s390x.abi \
	scripts/call_log.awk \
	scripts/check-abi \
	scripts/check-calls \
	scripts/check-coverage \
	scripts/check-dist \
	scripts/check-probes \
	scripts/check-release-state \
	scripts/dist-tar \
	scripts/pages.awk \
	scripts/unprovoked \
	$(end)
