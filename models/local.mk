# SPDX-License-Identifier: MIT

EXTRA_DIST += \
	models/channel.pml \
	models/check.sh \
	models/core.pml \
	models/gate.pml \
	models/readiness.pml \
	$(end)

# Spin checks the models of the concurrent parts: a few minutes, 2 GB.
check-models:
	CC='$(CC)' $(srcdir)/models/check.sh

.PHONY: check-models
