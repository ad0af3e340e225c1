/* SPDX-License-Identifier: MIT */
#include "core/timed.h"

#include <stddef.h>

void
mio__timed_init(struct mio__timed_list *list)
{
	list->first = NULL;
	list->armed = MIO__NEVER;
}

void
mio__timed_add(struct mio__timed_list *list, struct mio__timed *timed)
{
	timed->next = list->first;
	timed->link = &list->first;
	if (timed->next != NULL)
		timed->next->link = &timed->next;
	list->first = timed;
}

void
mio__timed_remove(struct mio__timed *timed)
{
	if (timed->link == NULL)
		return;

	*timed->link = timed->next;
	if (timed->next != NULL)
		timed->next->link = timed->link;
	timed->link = NULL;
}

mio__instant_t
mio__timed_expire(const struct mio__timed_list *list, mio__instant_t now)
{
	struct mio__timed *timed;
	mio__instant_t earliest = MIO__NEVER, next;

	for (timed = list->first; timed != NULL; timed = timed->next) {
		next = timed->expire(timed, now);
		if (next < earliest)
			earliest = next;
	}

	return earliest;
}
